/** Names of signals (signal(7)); x86-64 and arm64 have the same numbers. */

const names: readonly string[] = [
  ...[
    'HUP',
    'INT',
    'QUIT',
    'ILL',
    'TRAP',
    'ABRT',
    'BUS',
    'FPE',
    'KILL',
    'USR1',
    'SEGV',
    'USR2',
    'PIPE',
    'ALRM',
    'TERM',
  ],
  ...['STKFLT', 'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'IO'],
  ...['PWR', 'SYS'],
];

const others: Readonly<Record<string, number>> = { IOT: 6, POLL: 29, CLD: 17, UNUSED: 31, RTMIN: 34, RTMAX: 64 };

/** The number of a signal by number or name, with or without SIG, in any case; undefined if there is none. */
export function signalNumber(word: string): number | undefined {
  if (/^\d+$/.test(word)) return Number(word);
  const name = word.toUpperCase().replace(/^SIG/, '');
  const index = names.indexOf(name);
  if (index >= 0) return index + 1;
  const [, base = '', offset] = /^(RTMIN|RTMAX)?([+-]\d+)?$/.exec(name) ?? [];
  return others[name] ?? (base ? (others[base] ?? 0) + Number(offset) : undefined);
}

/** The name of a signal, such as `SIGTERM`. */
export function signalName(number: number): string {
  return names[number - 1] === undefined ? `signal ${number}` : `SIG${names[number - 1]}`;
}

/** Go's words for signals that end a process, where they are not `signal N`. */
const texts: Readonly<Record<string, string>> = {
  SIGHUP: 'hangup',
  SIGINT: 'interrupt',
  SIGQUIT: 'quit',
  SIGILL: 'illegal instruction',
  SIGTRAP: 'trace/breakpoint trap',
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGKILL: 'killed',
  SIGUSR1: 'user defined signal 1',
  SIGSEGV: 'segmentation fault',
  SIGUSR2: 'user defined signal 2',
  SIGPIPE: 'broken pipe',
  SIGALRM: 'alarm clock',
  SIGTERM: 'terminated',
};

/** A signal as Go prints it, such as `killed`. */
export function signalText(number: number): string {
  return texts[signalName(number)] ?? `signal ${number}`;
}
