/** A place to attack a runtime in: a copy of its program that may be ruined, an image, and something of the host's to reach. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DraftSpec, type Outcome, Sandbox } from '../../packages/runtime/src/testing/sandbox.ts';
import { top } from '../support/stacks.ts';

/** What became of an attack. */
export interface Verdict {
  /** Whether the host, or another container, was reached. */
  readonly escaped: boolean;
  /** In a few words. */
  readonly what: string;
}

export interface Attack {
  /** What is tried. */
  readonly name: string;
  /** The advisories that it is known from. */
  readonly known: string;
  /** Tries it. */
  act(arena: Arena): Verdict | Promise<Verdict>;
}

export class Arena {
  readonly name: 'ours' | 'runc';
  readonly sandbox: Sandbox;
  /** The runtime's program. */
  readonly engine: string;
  /** A directory of the host that no container is given; it holds `secret`. */
  readonly outside: string;
  readonly secret = 'secret of the host';

  constructor(name: 'ours' | 'runc') {
    this.name = name;
    const engine = (directory: string) => join(directory, 'engine/bin', name === 'ours' ? 'drydock-runtime' : name);
    const place = new Sandbox();
    mkdirSync(join(place.directory, 'engine/bin'), { recursive: true });
    mkdirSync(join(place.directory, 'engine/lib'));
    // The program itself: that in dist/bin only executes it, where it is installed.
    const program = name === 'ours' ? join(top, 'dist/lib/drydock-runtime') : '/usr/sbin/runc';
    copyFileSync(program, engine(place.directory));
    if (name === 'ours') copyFileSync(join(top, 'dist/lib/koffi.node'), join(place.directory, 'engine/lib/koffi.node'));
    this.engine = engine(place.directory);
    this.sandbox = place.as([this.engine], join(place.directory, 'root'));
    this.outside = join(place.directory, 'outside');
    mkdirSync(this.outside);
    writeFileSync(join(this.outside, 'secret'), this.secret);
  }

  get rootfs(): string {
    return this.sandbox.rootfs;
  }

  /** Runs a container in the foreground whose command is a shell script. */
  run(script: string, edit?: (spec: DraftSpec) => void): Outcome {
    return this.sandbox.run(['run', '-b', this.sandbox.script(script, edit), this.sandbox.id()]);
  }

  /** Starts a container in the background that runs a shell script. Throws if the runtime refuses. */
  start(script: string, edit?: (spec: DraftSpec) => void): string {
    const id = this.sandbox.id();
    const { code, stderr } = this.sandbox.run(['run', '-d', '-b', this.sandbox.script(script, edit), id]);
    if (code !== 0) throw new Error(`${this.name}: ${stderr}`);
    return id;
  }

  exec(id: string, ...words: readonly string[]): Outcome {
    return this.sandbox.run(['exec', id, ...words]);
  }

  stop(id: string): void {
    this.sandbox.run(['delete', '--force', id]);
  }

  /** The contents of the runtime's program, whatever files it consists of. */
  engineDigest(): string {
    const hash = createHash('sha256');
    const directory = join(this.engine, '../..');
    for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort())
      if (statSync(join(directory, name)).isFile()) hash.update(readFileSync(join(directory, name)));
    return hash.digest('hex');
  }

  /** What there is in {@link outside} that was not there before. */
  made(): string[] {
    return readdirSync(this.outside, { recursive: true })
      .map(String)
      .filter((name) => name !== 'secret');
  }

  /** A file of the image. */
  read(path: string): string {
    const file = join(this.rootfs, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }
}

/** The end of a runtime's message, in as many characters as a table has room for. */
export function shortly({ code, stderr }: Outcome): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  const words = line
    .replace(/^.*?msg=/, '')
    .replaceAll(/\/tmp\/drydock-runtime-\w+/g, '')
    .replaceAll('"', '')
    .split(': ');
  if (code !== 0 && line === '') return `ended with code ${code}`;
  return code === 0 ? 'ran' : `refused: ${words.slice(-2).join(': ')}`.slice(0, 90);
}
