/** Where the flags of `run`, `exec` and `create` end: at the first word that is none, as with ctr. What follows is the program's. */

/** Flags of the commands that take no value; every other one takes the next word, or has it behind `=`. */
const switches = new Set([
  '--rm',
  '--detach',
  '-d',
  '--tty',
  '-t',
  '--null-io',
  '--cni',
  '--dump-config',
  '--runc-systemd-cgroup',
  '--remap-labels',
  '--net-host',
  '--privileged',
  '--privileged-without-host-devices',
  '--read-only',
  '--allow-new-privs',
  '--seccomp',
  '--rootfs',
  '--no-pivot',
  '--help',
  '-h',
]);

const globals: Readonly<Record<string, string>> = { '-a': '--address', '-n': '--namespace' };

/** Spells global flags out: the same letters mean something else behind a command. */
export function spellGlobals(argv: readonly string[]): string[] {
  const result = [...argv];
  for (let index = 0; result[index]?.startsWith('-'); index += 1) {
    const word = result[index] ?? '';
    const [letters, ...value] = word.split('=');
    const name = globals[letters ?? ''];
    if (name !== undefined) result[index] = [name, ...value].join('=');
    if (!word.includes('=') && (name !== undefined || valued.includes(word))) index += 1;
  }
  return result;
}

/** Global flags with a value behind them. */
const valued = ['--address', '--namespace', '--timeout', '--connect-timeout'];

/** Puts `--` in front of the first argument of `run`, `tasks exec` and `containers create`, so that flags behind it are left alone. */
export function separateProgram(argv: readonly string[]): string[] {
  const start = commandEnd(argv);
  if (start === undefined) return [...argv];
  let index = start;
  for (let word = argv[index]; word?.startsWith('-') && word !== '--'; word = argv[index]) {
    index += switches.has(word) || word.includes('=') ? 1 : 2;
  }
  return argv[index] === '--' ? [...argv] : [...argv.slice(0, index), '--', ...argv.slice(index)];
}

/** The index behind the words `run`, `tasks exec` or `containers create`. */
function commandEnd(argv: readonly string[]): number | undefined {
  let index = 0;
  for (let word = argv[index]; word?.startsWith('-'); word = argv[index])
    index += word.includes('=') || word === '--debug' ? 1 : 2;
  if (argv[index] === 'run') return index + 1;
  if (['tasks', 't', 'task'].includes(argv[index] ?? '') && argv[index + 1] === 'exec') return index + 2;
  if (['containers', 'c', 'container'].includes(argv[index] ?? '') && argv[index + 1] === 'create') return index + 2;
  return undefined;
}
