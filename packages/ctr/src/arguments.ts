/** Where the flags of `run` and `exec` end: at the first word that is none, as with ctr. What follows is the program's. */

/** Flags of the two commands that take no value; every other one takes the next word, or has it behind `=`. */
const switches = new Set([
  '--rm',
  '--detach',
  '-d',
  '--tty',
  '-t',
  '--null-io',
  '--net-host',
  '--privileged',
  '--read-only',
  '--help',
  '-h',
]);

/** Puts `--` in front of the first argument of `run` and `tasks exec`, so that flags behind it are left alone. */
export function separateProgram(argv: readonly string[]): string[] {
  const start = commandEnd(argv);
  if (start === undefined) return [...argv];
  let index = start;
  for (let word = argv[index]; word?.startsWith('-') && word !== '--'; word = argv[index]) {
    index += switches.has(word) || word.includes('=') ? 1 : 2;
  }
  return argv[index] === '--' ? [...argv] : [...argv.slice(0, index), '--', ...argv.slice(index)];
}

/** The index behind the words `run` or `tasks exec`. */
function commandEnd(argv: readonly string[]): number | undefined {
  let index = 0;
  for (let word = argv[index]; word?.startsWith('-'); word = argv[index]) index += word.includes('=') ? 1 : 2;
  if (argv[index] === 'run') return index + 1;
  if (['tasks', 't', 'task'].includes(argv[index] ?? '') && argv[index + 1] === 'exec') return index + 2;
  return undefined;
}
