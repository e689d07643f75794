/** Hooks: six kinds, in which order and where, what they get, and what becomes of those that fail (config.md, runtime.md). */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DraftSpec, Sandbox } from '../../packages/runtime/src/testing/sandbox.ts';
import { type Case, messages, testFeature } from './support.ts';

type Kind = keyof NonNullable<DraftSpec['hooks']>;
const outside = ['prestart', 'createRuntime', 'poststart', 'poststop'] as const;
const logOf = (sandbox: Sandbox) => join(sandbox.directory, 'hooks.log');
const shell = (script: string, more: object = {}) => ({ path: '/bin/sh', args: ['sh', '-c', script], ...more });
const withHook =
  (kind: Kind, ...hooks: object[]) =>
  (spec: DraftSpec): void => {
    spec.hooks = { ...spec.hooks, [kind]: hooks };
  };

/** What a hook of a kind that fails does to create, start and the container. */
const failing = (kind: Kind, verb: 'create' | 'start', says: RegExp): Case => ({
  name: `${kind}: a failure ends the container`,
  notCrun: verb === 'create' ? 'crun 1.8 runs no poststop hook then' : 'crun 1.8 exits with the code of the hook',
  act: (t, { sandbox, runtime }) => {
    const log = logOf(sandbox);
    rmSync(log, { force: true });
    const bundle = sandbox.script('sleep 100', (spec) => {
      withHook(kind, shell('echo told; exit 3'))(spec);
      withHook('poststop', shell(`echo poststop >> ${log}`))(spec);
    });
    const id = sandbox.id();
    const created = sandbox.run(['create', '-b', bundle, id]);
    if (verb === 'create') {
      t.equal(created.code, 1);
      if (runtime !== 'crun') t.match(messages(created), says);
      t.equal(sandbox.status(id), 'absent');
    } else {
      t.equal(created.code, 0, created.stderr);
      const started = sandbox.run(['start', id]);
      t.equal(started.code, 1);
      if (runtime !== 'crun') t.match(messages(started), says);
      sandbox.run(['delete', '--force', id]);
    }
    t.equal(readFileSync(log, 'utf8'), 'poststop\n');
  },
});

const cases: readonly Case[] = [
  {
    name: 'the order, and the state that each gets',
    notCrun: 'crun 1.8 says created where the container is being created',
    act: (t, { sandbox, runtime }) => {
      const log = logOf(sandbox);
      rmSync(log, { force: true });
      const bundle = sandbox.script('sleep 100', (spec) => {
        spec.annotations = { key: 'value' };
        for (const kind of outside) withHook(kind, shell(`cat >> ${log}; echo >> ${log}`))(spec);
      });
      const id = sandbox.id();
      for (const words of [
        ['create', '-b', bundle, id],
        ['start', id],
        ['kill', id, 'KILL'],
        ['delete', '--force', id],
      ])
        t.equal(sandbox.run(words).code, 0, words.join(' '));
      const states = readFileSync(log, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      t.same(
        states.map(({ status }) => status),
        // runc 1.1 runs the third of them when the container is created.
        ['creating', 'creating', runtime === 'ours' ? 'running' : 'created', 'stopped'],
      );
      for (const state of states) t.match(state, { ociVersion: String, id, bundle, annotations: { key: 'value' } });
      for (const { pid } of states.slice(0, 3)) t.ok(pid > 1);
    },
  },
  {
    name: 'where each runs',
    act: (t, { sandbox }) => {
      const log = logOf(sandbox);
      rmSync(log, { force: true });
      const inside = join(sandbox.rootfs, 'tmp/where');
      const say = (name: string, file: string) => shell(`echo ${name} $(readlink /proc/self/ns/pid) >> ${file}`);
      const bundle = sandbox.script('echo container $(readlink /proc/self/ns/pid) >> /tmp/where', (spec) => {
        for (const kind of outside) withHook(kind, say(kind, log))(spec);
        withHook('createContainer', say('createContainer', log))(spec);
        withHook('startContainer', say('startContainer', '/tmp/where'))(spec);
      });
      t.equal(sandbox.run(['run', '-b', bundle, sandbox.id()]).code, 0);
      const read = (path: string) =>
        Object.fromEntries(
          readFileSync(path, 'utf8')
            .trim()
            .split('\n')
            .map((line) => line.split(' ')),
        );
      const [host, container] = [read(log), read(inside)];
      rmSync(inside);
      t.same(Object.keys(host), ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop']);
      t.same(Object.keys(container), ['startContainer', 'container']);
      for (const kind of outside) t.equal(host[kind], host.prestart, `${kind} is outside`);
      t.not(host.createContainer, host.prestart, 'createContainer is inside');
      t.equal(container.startContainer, container.container, 'startContainer is inside');
    },
  },
  {
    name: 'several of a kind run in order',
    act: (t, { sandbox }) => {
      const log = logOf(sandbox);
      rmSync(log, { force: true });
      const bundle = sandbox.script(
        'true',
        withHook('prestart', ...[1, 2, 3].map((n) => shell(`echo ${n} >> ${log}`))),
      );
      t.equal(sandbox.run(['run', '-b', bundle, sandbox.id()]).code, 0);
      t.equal(readFileSync(log, 'utf8'), '1\n2\n3\n');
    },
  },
  {
    name: 'arguments and environment are its own',
    act: (t, { sandbox }) => {
      const log = logOf(sandbox);
      rmSync(log, { force: true });
      const hook = {
        path: '/bin/sh',
        args: ['name', '-c', `echo $0 $1 $A $PATH >> ${log}`, 'zero', 'one'],
        env: ['A=b', 'PATH=/x'],
      };
      t.equal(sandbox.run(['run', '-b', sandbox.script('true', withHook('prestart', hook)), sandbox.id()]).code, 0);
      t.equal(readFileSync(log, 'utf8'), 'zero one b /x\n');
    },
  },
  failing('prestart', 'create', /error running hook #0: .*exit status 3, stdout: told/s),
  failing('createRuntime', 'create', /error running hook #0: .*exit status 3, stdout: told/s),
  failing('createContainer', 'create', /error running hook #0: .*exit status 3, stdout: told/s),
  {
    ...failing('startContainer', 'start', /error running hook #0: .*exit status 3, stdout: told/s),
    notRunc: 'with runc 1.1 the hook fails after start has said that all is well',
  },
  {
    ...failing('poststart', 'start', /error running hook #0: .*exit status 3, stdout: told/s),
    notRunc: 'runc 1.1 runs it when the container is created',
  },
  {
    name: 'poststop: a failure is only told',
    act: (t, { sandbox, runtime }) => {
      const log = logOf(sandbox);
      rmSync(log, { force: true });
      const bundle = sandbox.script('true', withHook('poststop', shell('exit 3')));
      const id = sandbox.id();
      const outcome = sandbox.run(['run', '-b', bundle, id]);
      t.equal(outcome.code, 0);
      if (runtime !== 'crun') t.match(messages(outcome), /error running hook #0: .*exit status 3/);
      t.equal(sandbox.status(id), 'absent');
    },
  },
  {
    name: 'a hook that is killed',
    notCrun: 'crun exits with the code of the hook',
    edit: withHook('prestart', shell('kill -9 $$')),
    code: 1,
    says: /error running hook: signal: killed/,
  },
  {
    name: 'a hook that is not there',
    notCrun: 'crun exits with the code of the hook',
    edit: withHook('prestart', { path: '/bin/nosuch' }),
    code: 1,
    says: /fork\/exec \/bin\/nosuch: no such file or directory/,
  },
  {
    name: 'a timeout',
    act: (t, bench) => {
      const started = performance.now();
      const outcome = bench.run(
        bench.sandbox.script('true', withHook('createRuntime', { ...shell('exec sleep 50'), timeout: 1 })),
      );
      t.equal(outcome.code, 1);
      if (bench.runtime !== 'crun') t.match(messages(outcome), /hook ran past specified timeout of 1.0s/);
      t.ok(performance.now() - started < 20_000);
    },
  },
  {
    name: 'a hook in time',
    edit: withHook('createRuntime', shell('exit 0', { timeout: 10 })),
    script: 'echo ran',
    prints: 'ran\n',
  },
  {
    name: 'the command has not run while hooks do',
    act: (t, { sandbox }) => {
      const path = join(sandbox.rootfs, 'tmp/ran');
      const log = logOf(sandbox);
      rmSync(log, { force: true });
      const bundle = sandbox.script(
        'touch /tmp/ran; sleep 100',
        withHook('createRuntime', shell(`test -e ${path} || echo not yet > ${log}`)),
      );
      const id = sandbox.id();
      sandbox.run(['create', '-b', bundle, id]);
      t.equal(readFileSync(log, 'utf8'), 'not yet\n');
      t.notOk(existsSync(path));
      sandbox.run(['delete', '--force', id]);
    },
  },
];

testFeature('hooks', cases);
