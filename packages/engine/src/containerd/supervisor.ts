/**
 * The engine's own containerd: drydock-supervisor as a child process.
 *
 * Started by the engine when no --containerd is given; holds images, snapshots and the shims of the containers; ended when
 * the engine is stopped. One that an earlier, killed engine left behind is taken over; one that dies is started again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, sendSignal } from '@drydock/linux/process';
import { connect } from '@drydock/rpc/grpc-client';
import type { Logger } from '@drydock/telemetry/logger';
import { messageOf, systemError } from '../errors.ts';

export interface SupervisorOptions {
  readonly execRoot: string;
  readonly root: string;
  readonly logLevel: string;
  readonly logger: Logger;
  /** The PATH that the supervisor gets and that it is looked for on. */
  readonly path: string;
  /** The directory of the engine's own executable, where the supervisor is looked for first. */
  readonly ownDirectory: string;
}

const program = 'drydock-supervisor';
const readyMilliseconds = 15_000;
const firstDelay = 100;
const longestDelay = 10_000;
const stopMilliseconds = 15_000;

export class Supervisor {
  readonly address: string;
  readonly #options: SupervisorOptions;
  readonly #pidFile: string;
  #pid = 0;
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.address = join(options.execRoot, 'supervisor.sock');
    this.#pidFile = join(options.execRoot, 'supervisor.pid');
  }

  /** Takes a running supervisor over or starts one; resolves when it answers. */
  async start(): Promise<void> {
    mkdirSync(dirname(this.address), { recursive: true, mode: 0o711 });
    if (!(await this.#adopt())) this.#spawn(firstDelay);
    await ready(this.address, readyMilliseconds);
  }

  /** Ends the supervisor. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#pid === 0 || !sendSignal(this.#pid, 15)) return;
    const end = Date.now() + stopMilliseconds;
    while (isAlive(this.#pid) && Date.now() < end) await sleep(20);
    if (isAlive(this.#pid)) sendSignal(this.#pid, 9);
    rmSync(this.#pidFile, { force: true });
  }

  async #adopt(): Promise<boolean> {
    const pid = existsSync(this.#pidFile) ? Number(readFileSync(this.#pidFile, 'utf8')) : 0;
    if (!pid || !isAlive(pid)) return false;
    try {
      await ready(this.address, 2000);
    } catch {
      return false;
    }
    this.#options.logger.info({ pid }, 'supervisor taken over');
    this.#pid = pid;
    void this.#watchAdopted(pid);
    return true;
  }

  /** A process that is no child of ours tells nobody when it ends. */
  async #watchAdopted(pid: number): Promise<void> {
    while (isAlive(pid)) await sleep(500);
    if (!this.#stopping) this.#spawn(firstDelay);
  }

  #spawn(delay: number): void {
    const { root, execRoot, logLevel, logger, path } = this.#options;
    const args = [
      '--address',
      this.address,
      '--root',
      root,
      '--state',
      join(execRoot, 'supervisor'),
      '--log-level',
      logLevel,
    ];
    const startedAt = Date.now();
    // Detached: a signal to the engine's process group, such as Ctrl-C, must not reach it.
    const child = spawn(this.#executable(), args, {
      env: { PATH: path, ...(process.env.NODE_ENV === undefined ? {} : { NODE_ENV: process.env.NODE_ENV }) },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    child.once('error', (error) => logger.error({ error: messageOf(error) }, `${program} could not be started`));
    if (child.pid !== undefined) {
      this.#pid = child.pid;
      writeFileSync(this.#pidFile, String(child.pid));
      logger.info({ pid: child.pid }, 'supervisor started');
    }
    child.once('exit', (code, signal) => this.#ended(child, { code, signal, delay, lived: Date.now() - startedAt }));
  }

  #ended(child: ChildProcess, end: { code: number | null; signal: string | null; delay: number; lived: number }): void {
    if (this.#stopping) return;
    const next = end.lived > longestDelay ? firstDelay : Math.min(end.delay * 2, longestDelay);
    this.#options.logger.error(
      { pid: child.pid, code: end.code, signal: end.signal, again: end.delay },
      'supervisor ended',
    );
    setTimeout(() => {
      if (!this.#stopping) this.#spawn(next);
    }, end.delay);
  }

  #executable(): string {
    const beside = join(this.#options.ownDirectory, program);
    return existsSync(beside) ? beside : program;
  }
}

/** Resolves when a containerd answers on a socket. */
export async function ready(address: string, milliseconds: number): Promise<void> {
  const channel = connect(address);
  try {
    await channel.waitForReady(milliseconds);
  } catch (error) {
    throw systemError(`containerd does not answer: ${messageOf(error)}`, { cause: error });
  } finally {
    channel.close();
  }
}
