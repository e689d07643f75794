/** The daemons' log: JSON lines on stderr, each with the program and the trace that it belongs to. */
import { type DestinationStream, type Logger, pino } from 'pino';
import { currentTrace } from './trace.ts';

export type { Logger } from 'pino';

/** Levels as dockerd and containerd name them, and pino's. */
const levels: Readonly<Record<string, string>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'fatal',
  panic: 'fatal',
};

export interface LoggerOptions {
  /** The program that logs, such as `drydockd`. */
  readonly program: string;
  /** The least level that is written: trace, debug, info, warn, error, fatal. Default info. */
  readonly level?: string | undefined;
  /** Where lines go. Default stderr. */
  readonly destination?: DestinationStream;
}

/** Whether a word is a log level. */
export function isLevel(word: string): boolean {
  return word in levels;
}

/** A logger that writes `{"level","time","program","trace",…,"msg"}`. */
export function createLogger({ program, level = 'info', destination }: LoggerOptions): Logger {
  return pino(
    {
      level: levels[level] ?? 'info',
      base: { program, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const trace = currentTrace();
        return trace === undefined ? {} : { trace };
      },
    },
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
}
