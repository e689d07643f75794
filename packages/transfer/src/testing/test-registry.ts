/** Debian's docker-registry on loopback, for tests: open or with a password, with or without TLS. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RegistrySettings {
  readonly tls?: boolean;
  readonly user?: string;
  readonly password?: string;
}

/** Why tests with a registry cannot run here; undefined if they can. */
export function missingRegistry(): string | undefined {
  return ['/usr/bin/docker-registry', '/usr/bin/htpasswd', '/usr/bin/openssl'].find((path) => !existsSync(path));
}

export class TestRegistry {
  /** Address and port. */
  readonly host: string;
  readonly directory: string;
  readonly #child: ChildProcess;
  readonly #tls: boolean;

  private constructor(host: string, directory: string, child: ChildProcess, tls: boolean) {
    this.host = host;
    this.directory = directory;
    this.#child = child;
    this.#tls = tls;
  }

  /** Starts one with its data in a directory of its own. */
  static async start(directory: string, { tls = false, user, password }: RegistrySettings = {}): Promise<TestRegistry> {
    mkdirSync(directory, { recursive: true });
    const host = `127.0.0.1:${await freePort()}`;
    const lines = [
      'version: 0.1',
      'log:\n  level: error',
      `storage:\n  filesystem:\n    rootdirectory: ${directory}/data\n  delete:\n    enabled: true`,
      `http:\n  addr: ${host}`,
    ];
    if (tls) {
      makeCertificate(directory);
      lines.push(`  tls:\n    certificate: ${directory}/cert.pem\n    key: ${directory}/key.pem`);
    }
    if (user !== undefined) {
      writeFileSync(join(directory, 'htpasswd'), execFileSync('htpasswd', ['-Bbn', user, password ?? '']));
      lines.push(`auth:\n  htpasswd:\n    realm: test\n    path: ${directory}/htpasswd`);
    }
    writeFileSync(join(directory, 'config.yml'), `${lines.join('\n')}\n`);
    const child = spawn('docker-registry', ['serve', join(directory, 'config.yml')], { stdio: 'ignore' });
    const registry = new TestRegistry(host, directory, child, tls);
    await registry.#ready();
    return registry;
  }

  /** Writes the registry's entry of a directory of hosts: its certificate is trusted; `mirrors` are tables of hosts. */
  writeHosts(hosts: string, mirrors = ''): void {
    const place = join(hosts, this.host);
    mkdirSync(place, { recursive: true });
    const scheme = this.#tls ? 'https' : 'http';
    const ca = this.#tls ? `ca = "${this.directory}/cert.pem"\n` : '';
    writeFileSync(join(place, 'hosts.toml'), `server = "${scheme}://${this.host}"\n${ca}${mirrors}`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }

  async #ready(): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      if (await answers(this.#tls, this.host)) return;
      if (this.#child.exitCode !== null) throw new Error(`docker-registry ended with ${this.#child.exitCode}`);
      await sleep(50);
    }
    throw new Error('docker-registry does not answer within 10 s');
  }
}

function answers(tls: boolean, host: string): Promise<boolean> {
  if (!tls)
    return fetch(`http://${host}/v2/`).then(
      () => true,
      () => false,
    );
  return new Promise((resolve) => {
    const asked = httpsRequest(`https://${host}/v2/`, { rejectUnauthorized: false }, (answer) => {
      answer.resume();
      resolve(true);
    });
    asked.once('error', () => resolve(false));
    asked.end();
  });
}

function makeCertificate(directory: string): void {
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=registry', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(directory, 'key.pem'), '-out', join(directory, 'cert.pem')];
  execFileSync('openssl', [...words, ...names, ...files], { stdio: 'ignore' });
}

/** A port of loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
