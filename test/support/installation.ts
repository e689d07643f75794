/** A private installation of our shim and runtime, which a test can upgrade while they run. */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeLauncher } from '../../packages/linux/src/program/launcher.ts';
import { top } from './stacks.ts';

const built = join(top, 'dist/lib');
const shim = 'containerd-shim-drydock-v2';
const runtime = 'drydock-runtime';

/** Below its directory there are bin, with what is called, and lib, with what that executes. */
export class Installation {
  readonly directory: string;
  readonly #library: string;

  constructor(directory: string) {
    this.directory = directory;
    this.#library = join(directory, 'lib');
    for (const name of ['bin', 'lib']) mkdirSync(join(directory, name), { recursive: true });
    this.upgrade();
  }

  /** The executable of the shim, as a supervisor is told of it. */
  get shim(): string {
    return join(this.directory, 'bin', shim);
  }

  /** Puts a new file in the place of each, as a package manager does. */
  upgrade(): void {
    for (const name of ['koffi.node', shim, runtime]) copyFileSync(join(built, name), this.#next(name));
    const machine = process.arch === 'arm64' ? 'arm64' : 'x64';
    for (const name of [shim, runtime]) {
      const path = join(this.#library, name);
      const launcher = join(this.directory, 'bin', name);
      const content = makeLauncher(machine, { path, variable: 'BUN_JSC_useJIT=0' });
      writeFileSync(`${launcher}.new`, content, { mode: 0o755 });
      renameSync(`${launcher}.new`, launcher);
    }
    for (const name of ['koffi.node', shim, runtime]) renameSync(this.#next(name), join(this.#library, name));
  }

  /** Has the installed runtime note its command lines; the result tells them and forgets them. */
  noteCalls(): () => string[] {
    const log = join(this.directory, 'calls');
    const moved = join(this.#library, `noted-${runtime}`);
    writeFileSync(this.#next(runtime), `#!/bin/sh\necho "$*" >>${log}\nexec ${moved} "$@"\n`, { mode: 0o755 });
    renameSync(join(this.#library, runtime), moved);
    renameSync(this.#next(runtime), join(this.#library, runtime));
    return () => {
      const lines = readFileSync(log, 'utf8').trim().split('\n');
      writeFileSync(log, '');
      return lines;
    };
  }

  /** The shims that run, of this version or of one before. */
  shims(): { readonly pid: number; readonly isCurrent: boolean }[] {
    const path = join(this.#library, shim);
    const { ino } = statSync(path);
    const found = [];
    for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
      try {
        const link = `/proc/${name}/exe`;
        if (readlinkSync(link).startsWith(path))
          found.push({ pid: Number(name), isCurrent: statSync(link).ino === ino });
      } catch {
        // It has ended, or is the kernel's.
      }
    }
    return found;
  }

  #next(name: string): string {
    return join(this.#library, `${name}.new`);
  }
}
