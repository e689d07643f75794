/**
 * A supervisor under load that is killed again and again, and so are shims: containers are created, run and deleted, and in
 * the end it is counted what was lost, what ended otherwise than it should, and what was left behind.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentOf } from '../../packages/linux/src/process.ts';
import { isKind } from '../../packages/rpc/src/errors.ts';
import { TaskExit } from '../../packages/rpc/src/generated/event_payloads.ts';
import { Events } from '../../packages/rpc/src/generated/events.ts';
import { Status } from '../../packages/rpc/src/generated/task_types.ts';
import { grpcClient } from '../../packages/rpc/src/grpc-client.ts';
import { eachOf, Fleet } from './fleet.ts';
import { commandLine, ctr, until } from './run.ts';
import { findLeaks } from './soak-leaks.ts';
import { busyboxArchive, type Daemon, makeDirectory, startSupervisor } from './stacks.ts';

export interface SoakOptions {
  /** Containers in all. */
  readonly containers: number;
  /** Containers that run at one time. */
  readonly alive: number;
  /** SIGKILLs of the supervisor. */
  readonly supervisorKills: number;
  /** SIGKILLs of shims. */
  readonly shimKills: number;
  /** What chooses victims and moments; the same seed chooses the same. */
  readonly seed: number;
  /** Hears of the progress. */
  readonly tell?: (line: string) => void;
}

/** Rows of a name and a figure. Those in `faults` should all be 0. */
export interface SoakReport {
  readonly faults: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number | string>>;
  /** A line for each fault. */
  readonly details: readonly string[];
}

/** A container that was started. */
interface Running {
  readonly id: string;
  readonly pid: number;
  /** How it ends: on its own signal, or by SIGKILL. */
  readonly status: number;
}

const image = 'docker.io/library/busybox:latest';
/** How many calls are under way at one time. */
const lanes = 10;
/** Of a container whose shim was killed: what the shim's `delete` answers, or the supervisor in its place. */
const unseenEnds = [137, 255];

/** Runs it all. Rejects only if something cannot be started. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  return new Soak(options).run();
}

class Soak {
  readonly #options: SoakOptions;
  readonly #namespace = `soak-${process.pid}`;
  readonly #directory = makeDirectory('soak');
  readonly #random: () => number;
  readonly #running = new Map<string, Running>();
  /** Containers whose shim was killed. */
  readonly #orphans = new Set<string>();
  /** The exits that were published, by container. */
  readonly #exits = new Map<string, TaskExit[]>();
  readonly #details: string[] = [];
  /** Containers that something was wrong with. */
  readonly #faulty = new Set<string>();
  readonly #counts = { lost: 0, wrong: 0, failed: 0, again: 0, finished: 0 };
  #supervisor!: Daemon;
  #fleet!: Fleet;
  #peak = 0;
  #restarting: Promise<void> | undefined;
  #kills = { supervisor: 0, shim: 0 };

  constructor(options: SoakOptions) {
    this.#options = options;
    this.#random = randomFrom(options.seed);
  }

  async run(): Promise<SoakReport> {
    const started = Date.now();
    this.#supervisor = await startSupervisor(this.#directory);
    await ctr({ containerd: this.#supervisor.socket }, ['-n', this.#namespace, 'images', 'import', busyboxArchive()]);
    this.#fleet = await Fleet.open({ socket: this.#supervisor.socket, namespace: this.#namespace, image });
    const listening = new AbortController();
    const heard = this.#listen(listening.signal);
    const before = residentOf(this.#supervisor.pid);
    const snapshotsBefore = await this.#snapshots();

    const ids = Array.from({ length: this.#options.containers }, (_, index) => `c${index}`);
    await eachOf(ids, lanes, (id) => this.#guard(id, () => this.#live(id)));
    await eachOf([...this.#running.values()], lanes, (each) => this.#guard(each.id, () => this.#end(each)));
    await this.#restarting;

    const after = residentOf(this.#supervisor.pid);
    const left = await this.#leftInApi(snapshotsBefore);
    listening.abort();
    await heard;
    this.#fleet.close();
    await this.#supervisor.stop();
    this.#details.push(...this.#loggedOfFaulty());
    const all = { ...left, ...(await findLeaks(this.#directory, this.#namespace)) };
    for (const [kind, names] of Object.entries(all)) this.#details.push(...names.map((name) => `${kind}: ${name}`));
    const leaked = Object.fromEntries(Object.entries(all).map(([kind, names]) => [`leaked ${kind}`, names.length]));
    const { lost, wrong, failed, again, finished } = this.#counts;
    return {
      faults: {
        'lost containers': lost,
        'wrong exit statuses': wrong,
        'containers that failed': failed,
        ...leaked,
      },
      figures: {
        'containers created, run and deleted': finished,
        'supervisor killed': this.#kills.supervisor,
        'shims killed': this.#kills.shim,
        'exits heard': this.#exits.size,
        'exits told again': again,
        'supervisor before, RSS': `${before} MB`,
        'supervisor at its most, RSS': `${this.#peak} MB`,
        'supervisor after, RSS': `${after} MB`,
        'calls asked again, by error': [...this.#fleet.errors].map(([kind, count]) => `${kind} ${count}`).join(', '),
        time: `${Math.round((Date.now() - started) / 1000)} s`,
      },
      details: this.#details,
    };
  }

  /** Starts a container, and ends another if there are enough. */
  async #live(id: string): Promise<void> {
    const index = Number(id.slice(1));
    const status = 1 + (index % 100);
    const script = `trap "exit ${status}" TERM; sleep 1000 & wait; : ${this.#namespace}`;
    const pid = await this.#fleet.ensureRunning(id, ['sh', '-c', script]);
    this.#running.set(id, { id, pid, status });
    await this.#strike(index);
    if (this.#running.size < this.#options.alive) return;
    const victim = this.#choose();
    if (victim !== undefined) await this.#guard(victim.id, () => this.#end(victim));
  }

  /** Ends a container and removes all of it; its status is compared. */
  async #end({ id, pid, status }: Running): Promise<void> {
    this.#running.delete(id);
    const kind = this.#random();
    // By the supervisor, or past it: then it may be away when the container ends.
    if (kind < 0.5) await this.#fleet.kill(id, 15);
    else if (!this.#orphans.has(id)) signal(pid, 'SIGTERM');
    const ended = await this.#fleet.collect(id);
    const isOrphan = this.#orphans.has(id);
    if (ended === undefined && !isOrphan) this.#fault('lost', id, 'its task was gone');
    const expected = isOrphan ? [status, ...unseenEnds] : [status];
    if (ended !== undefined && !expected.includes(ended)) this.#fault('wrong', id, `${ended}, not ${expected}`);
    await this.#fleet.ensureRemoved(id);
    this.#counts.finished += 1;
  }

  /** Kills the supervisor or a shim, if it is time: spread over the whole, at moments that the seed chooses. */
  async #strike(index: number): Promise<void> {
    const { containers, supervisorKills, shimKills } = this.#options;
    const due = (kills: number): number => Math.floor((kills * (index + 1)) / containers);
    if (this.#kills.shim < due(shimKills)) {
      const victim = this.#choose();
      if (victim !== undefined) this.#killShim(victim);
    }
    if (this.#kills.supervisor < due(supervisorKills) && this.#restarting === undefined) {
      this.#kills.supervisor += 1;
      this.#restarting = this.#restart().finally(() => {
        this.#restarting = undefined;
      });
    }
  }

  #killShim({ id, pid }: Running): void {
    const shim = shimOf(pid);
    if (shim === undefined) return;
    this.#kills.shim += 1;
    this.#orphans.add(id);
    signal(shim, 'SIGKILL');
  }

  /** Kills the supervisor at a moment within the next tenth of a second and starts it again; then all must be there. */
  async #restart(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#random() * 100));
    this.#peak = Math.max(this.#peak, residentOf(this.#supervisor.pid));
    signal(this.#supervisor.pid, 'SIGKILL');
    await until('the supervisor is gone', () => commandLine(this.#supervisor.pid) === '');
    const expected = [...this.#running.keys()];
    this.#supervisor = await startSupervisor(this.#directory);
    const tasks = await this.#fleet.listTasks();
    const found = new Map(tasks.map(({ id, status }) => [id, status]));
    const isThere = (id: string): boolean => found.get(id) === Status.RUNNING || !this.#running.has(id);
    for (const id of expected.filter((id) => !isThere(id) && !this.#orphans.has(id)))
      this.#fault('lost', id, `not running after a restart (status ${found.get(id)})`);
    const { containers, alive } = this.#options;
    const told = `${this.#counts.finished} of ${containers} done, ${this.#running.size} of ${alive} alive`;
    this.#options.tell?.(`supervisor killed ${this.#kills.supervisor}, shims ${this.#kills.shim}: ${told}`);
  }

  /** Hears of exits, for as long as there is a supervisor, and again when there is the next. */
  async #listen(until: AbortSignal): Promise<void> {
    const events = grpcClient(Events, this.#fleet.channel, { namespace: this.#namespace });
    while (!until.aborted) {
      try {
        const filters = [`namespace==${this.#namespace},topic=="/tasks/exit"`];
        for await (const { event } of events.subscribe({ filters }, { signal: until })) this.#hear(event!.value);
      } catch (error) {
        if (until.aborted) return;
        if (!isKind(error, 'unavailable')) throw error;
        await this.#fleet.channel.waitForReady(30_000).catch(() => undefined);
      }
    }
  }

  #hear(payload: Uint8Array): void {
    const exit = TaskExit.decode(payload);
    const before = this.#exits.get(exit.containerId) ?? [];
    // A shim whose supervisor died before it answered cannot know whether the exit arrived: it tells it to the next one.
    if (before.length > 0) this.#counts.again += 1;
    this.#exits.set(exit.containerId, [...before, exit]);
    const status = 1 + (Number(exit.containerId.slice(1)) % 100);
    const expected = this.#orphans.has(exit.containerId) ? [status, ...unseenEnds] : [status];
    if (!expected.includes(exit.exitStatus))
      this.#fault('wrong', exit.containerId, `exit ${exit.exitStatus} was told, not ${expected}`);
  }

  #choose(): Running | undefined {
    const all = [...this.#running.values()];
    return all[Math.floor(this.#random() * all.length)];
  }

  async #guard(id: string, action: () => Promise<void>): Promise<void> {
    await action().catch((error: Error) => this.#fault('failed', id, error.message));
  }

  #fault(kind: 'lost' | 'wrong' | 'failed', id: string, detail: string): void {
    this.#counts[kind] += 1;
    this.#details.push(`${id}: ${detail}`);
    this.#faulty.add(id);
  }

  /** What the supervisors logged of containers that something was wrong with. */
  #loggedOfFaulty(): string[] {
    const lines = readFileSync(join(this.#directory, 'supervisor.log'), 'utf8').split('\n');
    return lines.filter((line) => [...this.#faulty].some((id) => line.includes(`"${id}"`)));
  }

  async #snapshots(): Promise<Set<string>> {
    const names = new Set<string>();
    for await (const { info } of this.#fleet.snapshots.list({ snapshotter: 'overlayfs' }))
      for (const { name } of info) names.add(name);
    return names;
  }

  async #leftInApi(snapshotsBefore: ReadonlySet<string>): Promise<Record<string, string[]>> {
    await this.#fleet.collectGarbage();
    const tasks = await this.#fleet.listTasks();
    const { containers } = await this.#fleet.containers.list({});
    const snapshots = [...(await this.#snapshots())].filter((name) => !snapshotsBefore.has(name));
    return { tasks: tasks.map(({ id }) => id), containers: containers.map(({ id }) => id), snapshots };
  }
}

/** Numbers from 0 to 1 that a seed determines: xorshift. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** MB of memory that a process holds. */
function residentOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}

/** Signals a process that may have ended. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The shim of a container, by its first process; undefined if that has ended. */
function shimOf(pid: number): number | undefined {
  const parent = parentOf(pid);
  return parent !== undefined && commandLine(parent).includes('shim') ? parent : undefined;
}
