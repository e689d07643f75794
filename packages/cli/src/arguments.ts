/** Where the flags of `run`, `create` and `exec` end: at the first word that is none. What follows is the program's. */
import { containerSwitches } from './container/options.ts';

const execSwitches = ['detach', 'd', 'interactive', 'i', 'tty', 't', 'privileged', 'help', 'h'];
const globalSwitches = ['debug', 'D', 'tls', 'tlsverify', 'help', 'h', 'version', 'v'];
const commands: Readonly<Record<string, readonly string[]>> = {
  run: containerSwitches,
  create: containerSwitches,
  exec: execSwitches,
};

/** Puts `--` in front of the first argument of those commands, so that flags behind it are left alone. */
export function separateProgram(argv: readonly string[]): string[] {
  let index = skipFlags(argv, 0, globalSwitches);
  if (argv[index] === 'container') index += 1;
  const switches = commands[argv[index] ?? ''];
  if (switches === undefined) return [...argv];
  const end = skipFlags(argv, index + 1, switches);
  return argv[end] === '--' ? [...argv] : [...argv.slice(0, end), '--', ...argv.slice(end)];
}

/** The index behind flags and their values. `-it` is two switches; `-eA=1` and `--env=A=1` have their value with them. */
function skipFlags(argv: readonly string[], start: number, switches: readonly string[]): number {
  let index = start;
  for (let word = argv[index]; word !== undefined && /^-./.test(word) && word !== '--'; word = argv[index]) {
    index += word.includes('=') || hasNoValue(word, switches) ? 1 : 2;
  }
  return index;
}

function hasNoValue(word: string, switches: readonly string[]): boolean {
  if (word.startsWith('--')) return switches.includes(word.slice(2));
  const letters = [...word.slice(1)];
  const valued = letters.findIndex((letter) => !switches.includes(letter));
  return valued < 0 || valued < letters.length - 1;
}
