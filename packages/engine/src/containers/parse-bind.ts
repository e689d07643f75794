/** `-v source:destination[:options]`. */
import { posix } from 'node:path';
import { badParameter } from '../errors.ts';
import { bind, type MountPlan, volume } from './mount-plan.ts';

const propagations = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Parses one bind; `driver` is --volume-driver. */
export function parseBind(text: string, driver: string): MountPlan {
  const invalid = (why?: string) =>
    badParameter(`invalid volume specification: '${text}'${why === undefined ? '' : `: ${why}`}`);
  const parts = text.split(':');
  if (parts.length > 3 || parts[0] === '') throw invalid();
  const [source, destination, mode = ''] =
    parts.length === 1 ? ['', parts[0]!, ''] : (parts as [string, string, string?]);
  if (!posix.isAbsolute(destination))
    throw invalid(
      `invalid mount config for type "${posix.isAbsolute(source) ? 'bind' : 'volume'}": invalid mount path: '${destination}' mount path must be absolute`,
    );
  const target = posix.normalize(destination).replace(/(.)\/$/, '$1');
  if (target === '/')
    throw invalid("invalid mount config for type \"bind\": invalid specification: destination can't be '/'");
  const options = readOptions(mode, (why) => badParameter(why));
  const isBind = posix.isAbsolute(source);
  if (!isBind && source !== '' && !volumeName.test(source))
    throw badParameter(
      `create ${source}: "${source}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  const plan = isBind
    ? { ...bind(posix.normalize(source), target), createSource: true }
    : { ...volume(source, target), driver: driver || 'local' };
  return {
    ...plan,
    mode: isBind || mode !== '' ? mode : 'z',
    rw: !options.includes('ro'),
    propagation: options.find((option) => propagations.includes(option)) ?? plan.propagation,
    copyData: plan.copyData && !options.includes('nocopy'),
  };
}

function readOptions(mode: string, invalid: (why: string) => Error): string[] {
  const options = mode === '' ? [] : mode.split(',');
  const known = [...propagations, 'ro', 'rw', 'z', 'Z', 'nocopy', 'consistent', 'cached', 'delegated'];
  if (options.some((option) => !known.includes(option))) throw invalid(`invalid mode: ${mode}`);
  return options;
}
