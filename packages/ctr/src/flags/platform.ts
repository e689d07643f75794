/** The flags that say which platforms of an image are meant. */
import type { Platform } from '@drydock/oci/image-spec';
import { hostPlatform, parsePlatform } from '@drydock/oci/platform';
import type { Platforms } from '@drydock/transfer/tree';
import type { Argv } from 'yargs';

export interface PlatformFlags {
  readonly platform: string[];
  readonly allPlatforms: boolean;
}

/** Adds `--platform`, which may repeat, and `--all-platforms`. */
export function platformFlags<T>(argv: Argv<T>): Argv<T & PlatformFlags> {
  return argv
    .option('platform', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [] as string[],
      describe: 'os/arch[/variant]',
    })
    .option('all-platforms', { type: 'boolean', default: false, describe: 'all platforms' }) as unknown as Argv<
    T & PlatformFlags
  >;
}

/** The platforms that are meant: this machine's where nothing is said. */
export function platformsOf({ platform, allPlatforms }: PlatformFlags): Platforms {
  if (allPlatforms) return 'all';
  return platform.length === 0 ? [hostPlatform] : platform.map(platformOf);
}

/** A platform by its name; this machine's for an empty one. */
export function platformOf(text: string): Platform {
  if (text === '') return hostPlatform;
  const platform = parsePlatform(text);
  if (platform === undefined) throw new Error(`"${text}": unknown operating system or architecture: invalid argument`);
  return platform;
}
