/**
 * Tests of the runtime specification, one file a feature. A case is a configuration and what must be seen of it; it is run
 * with this project's runtime, with runc, and where it works with crun, so that a case that asks for more than they keep
 * is noticed.
 */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync } from 'node:fs';
import t, { type Test } from 'tap';
import {
  type DraftSpec,
  type Outcome,
  runtimeUnderTest,
  Sandbox,
  unable,
} from '../../packages/runtime/src/testing/sandbox.ts';

/** A place to run cases of one runtime in. */
export interface Bench {
  readonly sandbox: Sandbox;
  readonly ours: boolean;
  /** Runs a bundle in the foreground. */
  run(bundle: string, options?: { readonly args?: readonly string[] }): Outcome;
  /** Starts a container that runs until {@link Bench.stop}; answers its id and its pid. */
  start(bundle: string): { readonly id: string; readonly pid: number };
  exec(id: string, ...words: readonly string[]): Outcome;
  stop(id: string): void;
}

export interface Case {
  readonly name: string;
  readonly edit?: (spec: DraftSpec, sandbox: Sandbox) => void;
  /** The container's command, for the shell. */
  readonly script?: string;
  /** What it must print, and its exit code, which is 0 if absent. */
  readonly prints?: string | RegExp;
  readonly code?: number;
  /** What must be in the messages, except in those of crun, whose words are its own. */
  readonly says?: string | RegExp;
  /** Does everything itself, instead of a script. */
  readonly act?: (t: Test, bench: Bench) => void | Promise<void>;
  /** Why runc is not compared: what its version lacks, or where ours is meant to differ. */
  readonly notRunc?: string;
  /** Why crun is not compared. */
  readonly notCrun?: string;
  /** Why this machine cannot, if it cannot. */
  readonly skip?: string | false;
}

const noRunc = spawnSync('runc', ['--version']).status !== 0 && 'needs runc';
const noCrun =
  spawnSync('crun', ['--version']).status !== 0
    ? 'needs crun'
    : !existsSync('/sys/fs/cgroup/cgroup.controllers') && 'crun needs cgroup v2 alone';

export interface FeatureOptions {
  /** Whether crun is compared, too: `notCrun` says of which cases it is not. */
  readonly withCrun?: boolean;
  /** The runtimes are run by this user, who has a group of the same number. */
  readonly user?: number;
  readonly skip?: string | false;
}

/** Runs the cases of a feature with each runtime. */
export function testFeature(feature: string, cases: readonly Case[], options: FeatureOptions = {}): void {
  const { user, skip: skipAll = false, withCrun = false } = options;
  t.test(feature, { skip: unable || skipAll || closedTo(user) }, async (t) => {
    const ours = new Sandbox();
    // A user namespace's root is nobody to the directories above its root filesystem.
    chmodSync(ours.directory, 0o711);
    t.teardown(() => ours.remove());
    if (user !== undefined) spawnSync('chown', ['-R', `${user}:${user}`, ours.directory]);
    const runc = ours.as(['runc']);
    const crun = byCrun(ours);
    if (withCrun && noCrun) t.pass('crun', { skip: noCrun });
    for (const each of cases) {
      await t.test(`ours: ${each.name}`, { skip: each.skip ?? false }, (t) =>
        runCase(t, benchOf(ours, true, user), each),
      );
      const skip = each.skip || noRunc || each.notRunc;
      await t.test(`runc: ${each.name}`, { skip: skip ? skip : false }, (t) =>
        runCase(t, benchOf(runc, false, user), each),
      );
      if (!withCrun || noCrun) continue;
      await t.test(`crun: ${each.name}`, { skip: each.skip || each.notCrun || false }, (t) => {
        const { says: _, ...asked } = each;
        return runCase(t, benchOf(crun, false, user), asked);
      });
    }
    t.same(ours.leftovers(), [], 'nothing is left');
  });
}

/** Why a user cannot run the runtime: where the repository is in root's home, others may not enter. */
function closedTo(user: number | undefined): string | false {
  if (user === undefined) return false;
  const [program = '', ...words] = runtimeUnderTest;
  const { status } = spawnSync(program, [...words, '--version'], { uid: user, gid: user });
  return status !== 0 && `user ${user} may not enter the directories that the runtime is in`;
}

async function runCase(t: Test, bench: Bench, each: Case): Promise<void> {
  const { sandbox } = bench;
  if (each.act) await each.act(t, bench);
  else {
    const bundle = sandbox.script(each.script ?? 'true', (spec) => each.edit?.(spec, sandbox));
    const outcome = bench.run(bundle);
    const { code, stdout, stderr } = outcome;
    t.equal(code, each.code ?? 0, `exit code; stderr: ${stderr}`);
    if (each.prints !== undefined) t.match(stdout, each.prints);
    if (each.says !== undefined) t.match(messages(outcome), each.says);
  }
}

/** Everything that a runtime said, to the terminal and to its log. */
export function messages({ stderr, log }: Outcome): string {
  return [stderr, ...log.map(({ msg }) => msg)].join('\n');
}

function benchOf(original: Sandbox, ours: boolean, user?: number): Bench {
  const sandbox = user === undefined ? original : runBy(original, user);
  return {
    sandbox,
    ours,
    run: (bundle, { args = [] } = {}) => {
      const id = sandbox.id();
      const outcome = sandbox.run(['run', ...args, '-b', bundle, id]);
      sandbox.run(['delete', '--force', id]);
      return outcome;
    },
    start: (bundle) => {
      const id = sandbox.id();
      const { code, stderr } = sandbox.run(['run', '-d', '-b', bundle, id]);
      if (code !== 0) throw new Error(`the container did not start: ${stderr}`);
      return { id, pid: JSON.parse(sandbox.run(['state', id]).stdout).pid };
    },
    exec: (id, ...words) => sandbox.run(['exec', id, ...words]),
    stop: (id) => {
      sandbox.run(['delete', '--force', id]);
    },
  };
}

/** The same place for crun, whose version refuses configurations of a specification after 1.0. */
function byCrun(sandbox: Sandbox): Sandbox {
  const bundle = (edit: (spec: DraftSpec) => void = () => {}) =>
    Sandbox.prototype.bundle.call(sandbox, (spec) => {
      spec.ociVersion = '1.0.2';
      edit(spec);
    });
  return Object.create(sandbox.as(['crun'], `${sandbox.root}-crun`), { bundle: { value: bundle } });
}

/** The same place, with its commands run by another user, in whose name nothing else is running. */
function runBy(sandbox: Sandbox, user: number): Sandbox {
  return Object.create(sandbox, {
    bundle: {
      value: (edit?: (spec: DraftSpec) => void) => {
        const bundle = Sandbox.prototype.bundle.call(sandbox, edit);
        chownSync(bundle, user, user);
        return bundle;
      },
    },
    run: {
      value: (args: readonly string[], options: SpawnSyncOptions = {}) =>
        Sandbox.prototype.run.call(sandbox, args, {
          uid: user,
          gid: user,
          env: { PATH: process.env.PATH, HOME: '/' },
          ...options,
        }),
    },
  });
}

/** Gives a configuration a user namespace of 65536 ids from 100000 on. */
export function withUserNamespace(spec: DraftSpec): void {
  const mapping = { containerID: 0, hostID: 100000, size: 65536 };
  spec.linux.namespaces!.push({ type: 'user' });
  spec.linux.uidMappings = [mapping];
  spec.linux.gidMappings = [mapping];
}

/** Puts a path in place of a new namespace, or adds it. */
export function join(spec: DraftSpec, type: string, path: string): void {
  spec.linux.namespaces = [...spec.linux.namespaces!.filter((each) => each.type !== type), { type, path }];
}
