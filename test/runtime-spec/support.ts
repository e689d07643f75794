/**
 * Tests of the runtime specification, one file a feature. A case is a configuration and what must be seen of it; it is run
 * with this project's runtime, with runc, and where it works with crun, so that a case that asks for more than they keep
 * is noticed.
 */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  type DraftSpec,
  type Outcome,
  runtimeUnderTest,
  Sandbox,
  unable,
} from '../../packages/runtime/src/testing/sandbox.ts';

const runtimes = ['ours', 'runc', 'crun'] as const;
type Runtime = (typeof runtimes)[number];

/** Those that `RUNTIMES` names, all if it is empty: a second run elsewhere need not repeat what does not differ there. */
const wanted = process.env.RUNTIMES?.split(',').filter(Boolean) ?? [];

/** A place to run cases of one runtime in. */
export interface Bench {
  readonly sandbox: Sandbox;
  readonly runtime: Runtime;
  /** Runs a bundle in the foreground. */
  run(bundle: string, options?: { readonly args?: readonly string[] }): Outcome;
  /** Starts a container that runs until {@link Bench.stop}; answers its id and its pid. */
  start(bundle: string): { readonly id: string; readonly pid: number };
  exec(id: string, ...words: readonly string[]): Outcome;
  stop(id: string): void;
  /** Checks that a configuration is refused, and in which words, except crun's. */
  refuses(t: Test, edit: (spec: DraftSpec) => void, says: RegExp): void;
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
  /** Looks from outside at the container while it runs, instead of a script. */
  readonly look?: (t: Test, container: { readonly id: string; readonly pid: number; readonly bench: Bench }) => void;
  /** Cases of one batch share a container: their edits add up, and their scripts run one after the other. */
  readonly batch?: string;
  /** Does everything itself, instead of a script. */
  readonly act?: (t: Test, bench: Bench) => void | Promise<void>;
  /** Why runc is not compared: what its version lacks, or where ours is meant to differ. */
  readonly notRunc?: string;
  /** The same of crun 1.8, whose messages are not compared anyway. */
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
  /** The runtimes are run by this user, who has a group of the same number. */
  readonly user?: number;
  /** A command that the runtime's is run by, as root. */
  readonly through?: readonly string[];
  /** Whether the feature differs from kernel to kernel, so that each run of it is one of all runtimes. */
  readonly everywhere?: boolean;
  readonly skip?: string | false;
}

/** Runs the cases of a feature with each runtime, and prints the feature's row of the table of all features. */
export function testFeature(feature: string, cases: readonly Case[], options: FeatureOptions = {}): void {
  const { user, everywhere = false, skip: skipAll = false } = options;
  const chosen = runtimes.filter((runtime) => everywhere || wanted.length === 0 || wanted.includes(runtime));
  const becoming =
    user === undefined ? [] : ['setpriv', '--reuid', user, '--regid', user, '--clear-groups'].map(String);
  const through = [...(options.through ?? []), ...becoming];
  t.test(feature, { skip: unable || skipAll || closedTo(user) }, async (t) => {
    const ours = new Sandbox([...through, ...runtimeUnderTest]);
    // A user namespace's root is nobody to the directories above its root filesystem.
    chmodSync(ours.directory, 0o711);
    t.teardown(() => ours.remove());
    if (user !== undefined) spawnSync('chown', ['-R', `${user}:${user}`, ours.directory]);
    const sandboxes = { ours, runc: ours.as([...through, 'runc']), crun: byCrun(ours, through) };
    const benches = chosen.map((runtime) => benchOf(sandboxes[runtime], runtime, user));
    const counts = { ours: new Count(), runc: new Count(), crun: new Count() };
    if (noCrun) t.pass('crun', { skip: noCrun });
    const batches = benches.map((bench) => new Batches(bench, cases));
    for (const each of cases)
      for (const [index, bench] of benches.entries()) {
        const { runtime } = bench;
        const skip = each.skip || skipOf(runtime, each);
        if (skip) counts[runtime].skipped += 1;
        if (noCrun && runtime === 'crun') continue;
        await t.test(`${runtime}: ${each.name}`, { skip }, async (t) => {
          await runCase(t, bench, each, batches[index]!).catch((error) => t.fail(error));
          counts[runtime].add(t.passing());
        });
      }
    t.same(ours.leftovers(), [], 'nothing is left');
    t.comment(`| runtime-spec | ${runtimes.join(' | ')} |`);
    const cells = runtimes.map((runtime) => {
      if (!chosen.includes(runtime)) return 'not run';
      return (runtime === 'crun' && noCrun) || counts[runtime].toString();
    });
    t.comment(`| ${feature} | ${cells.join(' | ')} |`);
  });
}

/** What became of the cases with one runtime. */
class Count {
  passed = 0;
  failed = 0;
  skipped = 0;

  add(passed: boolean): void {
    if (passed) this.passed += 1;
    else this.failed += 1;
  }

  toString(): string {
    const parts = [`${this.passed} passed`];
    if (this.failed > 0) parts.push(`${this.failed} failed`);
    if (this.skipped > 0) parts.push(`${this.skipped} skipped`);
    return parts.join(', ');
  }
}

/** Why a case is not tried with a runtime, if it is not. */
function skipOf(runtime: Runtime, { notRunc, notCrun }: Case): string | false {
  if (runtime === 'runc') return noRunc || notRunc || false;
  return (runtime === 'crun' && (noCrun || notCrun)) || false;
}

/** Why a user cannot run the runtime: where the repository is in root's home, others may not enter. */
function closedTo(user: number | undefined): string | false {
  if (user === undefined) return false;
  const [program = '', ...words] = runtimeUnderTest;
  const { status } = spawnSync(program, [...words, '--version'], { uid: user, gid: user });
  return status !== 0 && `user ${user} may not enter the directories that the runtime is in`;
}

async function runCase(t: Test, bench: Bench, each: Case, batches: Batches): Promise<void> {
  if (each.act) return each.act(t, bench);
  if (each.look) return batches.look(t, each);
  const outcome = batches.outcomeOf(each);
  const { code, stdout, stderr } = outcome;
  t.equal(code, each.code ?? 0, `exit code; stderr: ${stderr}`);
  if (each.prints !== undefined) t.match(stdout, each.prints);
  if (each.says !== undefined && bench.runtime !== 'crun') t.match(messages(outcome), each.says);
}

/** The batches of a feature with one runtime, each begun when the first of its cases asks for what has come of it. */
class Batches {
  readonly #bench: Bench;
  readonly #cases: readonly Case[];
  readonly #outcomes = new Map<Case, Outcome>();
  readonly #started = new Map<Case, { readonly id: string; readonly pid: number }>();

  constructor(bench: Bench, cases: readonly Case[]) {
    this.#bench = bench;
    this.#cases = cases.filter((each) => !each.skip && !skipOf(bench.runtime, each));
  }

  /** As if the case had been run alone; what fails together fails for each. */
  outcomeOf(each: Case): Outcome {
    const members = this.#members(each);
    const [first = each] = members;
    const outcome = this.#outcomes.get(first) ?? this.#bench.run(bundleOf(this.#bench, members));
    this.#outcomes.set(first, outcome);
    return { ...outcome, stdout: outcome.stdout.split(separator)[members.indexOf(each)] ?? '' };
  }

  look(t: Test, each: Case): void {
    const members = this.#members(each);
    const [first = each] = members;
    const started = this.#started.get(first) ?? this.#bench.start(bundleOf(this.#bench, members));
    this.#started.set(first, started);
    try {
      each.look?.(t, { ...started, bench: this.#bench });
    } finally {
      if (each === members.at(-1)) this.#bench.stop(started.id);
    }
  }

  #members(each: Case): readonly Case[] {
    return each.batch ? this.#cases.filter(({ batch }) => batch === each.batch) : [each];
  }
}

const separator = '-- next case\n';
const next = `\necho '${separator.trim()}'\n`;

/** Of several cases each script has a shell of its own; without any the container waits. */
function bundleOf({ sandbox }: Bench, cases: readonly Case[]): string {
  const scripts = cases.map(({ look, script = look ? 'sleep 100' : 'true' }) => script);
  const apart = scripts.map((script) => `(${script}) || echo "exit $?"`);
  return sandbox.script(cases.length === 1 ? scripts[0]! : apart.join(next), (spec) => {
    for (const { edit } of cases) edit?.(spec, sandbox);
  });
}

/** Everything that a runtime said, to the terminal and to its log. */
export function messages({ stderr, log }: Outcome): string {
  return [stderr, ...log.map(({ msg }) => msg)].join('\n');
}

function benchOf(original: Sandbox, runtime: Runtime, user?: number): Bench {
  const sandbox = user === undefined ? original : ownedBy(original, user);
  const run: Bench['run'] = (bundle, { args = [] } = {}) => {
    const id = sandbox.id();
    const outcome = sandbox.run(['run', ...args, '-b', bundle, id]);
    if (existsSync(join(sandbox.root, id))) sandbox.run(['delete', '--force', id]);
    return outcome;
  };
  return {
    sandbox,
    runtime,
    run,
    refuses: (t, edit, says) => {
      const outcome = run(sandbox.script('true', edit));
      t.not(outcome.code, 0);
      if (runtime !== 'crun') t.match(messages(outcome), says);
    },
    start: (bundle) => {
      const id = sandbox.id();
      const pidFile = join(bundle, 'pid');
      const { code, stderr } = sandbox.run(['run', '-d', '--pid-file', pidFile, '-b', bundle, id]);
      if (code !== 0) throw new Error(`the container did not start: ${stderr}`);
      return { id, pid: Number(readFileSync(pidFile, 'utf8')) };
    },
    exec: (id, ...words) => sandbox.run(['exec', id, ...words]),
    stop: (id) => {
      sandbox.run(['delete', '--force', id]);
    },
  };
}

/**
 * The same place for crun, whose version refuses configurations of a specification after 1.0, and leaves a cgroup when it
 * refuses one, which the check of what is left does not know by this name.
 */
function byCrun(sandbox: Sandbox, through: readonly string[]): Sandbox {
  const bundle = (edit: (spec: DraftSpec) => void = () => {}) =>
    Sandbox.prototype.bundle.call(sandbox, (spec) => {
      spec.ociVersion = '1.0.2';
      edit(spec);
    });
  return Object.create(sandbox.as([...through, 'crun'], `${sandbox.root}-crun`), {
    bundle: { value: bundle },
    id: { value: () => `crun-${sandbox.id()}` },
  });
}

/** The same place for commands that another user runs, in whose name nothing else is running. */
function ownedBy(sandbox: Sandbox, user: number): Sandbox {
  return Object.create(sandbox, {
    bundle: {
      value: (edit?: (spec: DraftSpec) => void) => {
        const bundle = sandbox.bundle(edit);
        chownSync(bundle, user, user);
        return bundle;
      },
    },
    run: {
      value: (args: readonly string[], options: SpawnSyncOptions = {}) =>
        sandbox.run(args, { env: { PATH: process.env.PATH, HOME: '/' }, ...options }),
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

/** As `spec --rootless` has it: what only root can give is left out. */
export const rootless =
  (user: number, edit: (spec: DraftSpec) => void = () => {}) =>
  (spec: DraftSpec): void => {
    spec.linux.namespaces = [...spec.linux.namespaces!.filter(({ type }) => type !== 'network'), { type: 'user' }];
    spec.linux.uidMappings = [{ containerID: 0, hostID: user, size: 1 }];
    spec.linux.gidMappings = [{ containerID: 0, hostID: user, size: 1 }];
    delete spec.linux.resources;
    spec.mounts = spec
      .mounts!.filter(({ type }) => type !== 'cgroup')
      .map((mount) => ({ ...mount, options: (mount.options ?? []).filter((option) => !option.startsWith('gid=')) }))
      .map((mount) =>
        mount.type === 'sysfs'
          ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
          : mount,
      );
    edit(spec);
  };

/** Puts a path in place of a new namespace, or adds it. */
export function joinNamespace(spec: DraftSpec, type: string, path: string): void {
  spec.linux.namespaces = [...spec.linux.namespaces!.filter((each) => each.type !== type), { type, path }];
}
