import { execFileSync, spawnSync } from 'node:child_process';
import t from 'tap';
import { allCommands } from '../commands/index.ts';
import { bashCompletion, zshCompletion } from './completion.ts';

const commands = await allCommands();

/** What bash offers for the last of the words. */
function offered(...words: string[]): string[] {
  const script = `${bashCompletion(commands)}
drydock-runtime() { [[ "$*" == "--root /r list -q" ]] && echo one two; }
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _drydock_runtime; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}

t.test('bash', async (t) => {
  t.same(
    offered('drydock-runtime', 'ex'),
    ['exec', 'explain'].filter((verb) => commands.some((c) => c.name === verb)),
  );
  t.same(offered('drydock-runtime', '--roo').slice(0, 2), ['--root', '--rootless']);
  t.ok(offered('drydock-runtime', '--root', '/r', 'exec', '--p').includes('--process'));
  t.same(offered('drydock-runtime', '--root', '/r', 'state', 't'), ['two'], 'ids are asked for at that root');
  t.same(offered('drydock-runtime', 'list', '--format', ''), ['table', 'json']);
  t.same(offered('drydock-runtime', 'exec', '--cwd', ''), [], 'nothing is known about it');
  t.same(offered('drydock-runtime', 'update', '--kern'), [], 'hidden flags stay hidden');
});

const noZsh = spawnSync('zsh', ['--version']).status !== 0 && 'needs zsh';

t.test('zsh', { skip: noZsh }, async (t) => {
  const script = `autoload -Uz compinit; compinit -u -D; ${zshCompletion(commands)}; print -r -- $_comps[drydock-runtime]`;
  t.equal(execFileSync('zsh', ['-f', '-c', script], { encoding: 'utf8' }), '_drydock_runtime\n');
});
