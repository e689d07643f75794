/** Requests to criu with runc's words for what can go wrong. */
import { explain, Failure } from '../failure.ts';
import { type Features, type Options, type RequestName, RequestType } from './messages.ts';
import { CriuSession, type Notification, type SessionOptions } from './session.ts';

/** criu's version as one number: 3.17.1 is 31701. Throws {@link Failure} if it is older than what is needed. */
export async function checkVersion(criu: string, least = 30_000): Promise<number> {
  const number = await criuVersion(criu);
  if (number < least) throw new Failure(`CRIU version ${number} must be ${least} or higher`);
  return number;
}

async function criuVersion(criu: string): Promise<number> {
  try {
    const session = CriuSession.start({ criu });
    try {
      const { version = {} } = await session.ask({ type: RequestType.VERSION });
      const { major = 0, minor = 0, sublevel = 0 } = version;
      return major * 10_000 + minor * 100 + sublevel;
    } finally {
      session.end();
    }
  } catch (error) {
    throw new Failure(`CRIU version check failed: ${explain(error)}`, { cause: error });
  }
}

/** Throws {@link Failure} if this criu on this kernel lacks a feature. */
export async function checkFeature(criu: string, options: Options, wanted: Features): Promise<void> {
  const session = CriuSession.start({ criu });
  let features: Features | undefined;
  try {
    const response = await session.ask({ type: RequestType.FEATURE_CHECK, options, features: wanted });
    if (response.success) features = response.features;
  } finally {
    session.end();
  }
  if (features === undefined) throw new Failure('CRIU feature check failed');
  for (const name of Object.keys(wanted) as (keyof Features)[])
    if (wanted[name] && features[name] === false) throw new Failure('CRIU is missing features');
}

export interface WorkOptions extends SessionOptions {
  readonly type: Extract<RequestName, 'DUMP' | 'PRE_DUMP' | 'RESTORE'>;
  /** May depend on criu's pid. */
  readonly options: Options | ((pid: number) => Options);
  /** The directory that criu's log is in; '' is criu's own choice. */
  readonly workPath: string;
  readonly notified?: (notification: Notification) => Promise<void>;
}

/** Has something done, and waits for criu's end. Throws {@link Failure} that names the log. */
export async function work({ type, options, workPath, notified, ...start }: WorkOptions): Promise<void> {
  const session = CriuSession.start(start);
  const wanted = typeof options === 'function' ? options(session.pid) : options;
  const log = `${workPath ? `${workPath.replace(/\/+$/, '')}/` : ''}${wanted.logFile}`;
  try {
    const response = await session.ask({ type: RequestType[type], options: wanted }, notified);
    if (!response.success)
      throw new Failure(`criu failed: type ${type} errno ${response.errno ?? 0}\nlog file: ${log}`);
  } catch (error) {
    session.end();
    throw error;
  }
  const code = session.end();
  // After a pre-dump it waits for the next one, and the end of the socket is an error to it.
  if (code !== 0 && type !== 'PRE_DUMP') throw new Failure(`criu failed: exit status ${code}\nlog file: ${log}`);
}
