/** Makes a container's record, with its snapshot: what `run` and `containers create` have in common. */
import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mount, unmount } from '@drydock/linux/mount';
import type { Spec } from '@drydock/oci/runtime-spec';
import { jsonAny, jsonTypes, packAny } from '@drydock/rpc/any';
import type { Any } from '@drydock/rpc/generated/google';
import { Options } from '@drydock/rpc/generated/runc_options';
import { Options as RuntimeOptions } from '@drydock/rpc/generated/runtime_options';
import type { Mount } from '@drydock/rpc/generated/types';
import { exists, unpack } from '@drydock/transfer/unpack';
import type { Supervisor } from '../context.ts';
import type { ContainerFlags, RunOnlyFlags } from '../flags/container.ts';
import { platformOf } from '../flags/platform.ts';
import { type ImageDocuments, imageDocuments } from '../image/find.ts';
import { servicesOf } from '../image/services.ts';
import { labelsOf, need } from '../words.ts';
import { remapped } from './remap.ts';
import { makeSpec } from './spec.ts';

export interface CreateInput {
  readonly flags: ContainerFlags & Partial<RunOnlyFlags>;
  /** IMAGE ID ARGUMENT..., or ID alone with --config. */
  readonly words: readonly string[];
  /** What errors about missing words end in. */
  readonly suffix: string;
}

export interface CreatedContainer {
  readonly id: string;
  readonly spec: Spec;
  readonly rootfs: Mount[];
  readonly options: Any | undefined;
}

/** The runtime whose options are runc's. */
const runcRuntime = 'io.containerd.runc.v2';

/** Makes the container. What was made before something fails is removed. */
export async function createContainer(
  supervisor: Supervisor,
  { flags, words, suffix }: CreateInput,
): Promise<CreatedContainer> {
  const [ref = '', id = '', ...args] = flags.config === '' ? words : ['-', ...words];
  need(ref, `image ref must be provided${suffix}`);
  need(id, `container id must be provided${suffix}`);
  const options = runtimeOptions(flags);
  return supervisor.withLease(async (leased) => {
    const image =
      flags.rootfs || flags.config !== ''
        ? undefined
        : await imageDocuments(leased, ref, platformOf(flags.platform ?? ''));
    const rootfs = image === undefined ? [] : await prepare(leased, image, id, flags);
    try {
      const spec = await makeSpec({
        namespace: supervisor.namespace,
        id,
        flags,
        args,
        image: image?.config,
        rootfs: flags.rootfs ? ref : undefined,
        readFile: readerOf(rootfs, flags.rootfs ? ref : undefined),
      });
      const { snapshotter } = flags;
      await leased.containers.create({
        container: {
          id,
          labels: { ...labelsOf(flags.label), ...labelsOfImage(image) },
          image: image === undefined ? '' : ref,
          runtime: { name: flags.runtime, options },
          ...(image === undefined ? {} : { snapshotter, snapshotKey: id }),
          spec: jsonAny(jsonTypes.spec, spec),
        },
      });
      return { id, spec, rootfs, options };
    } catch (error) {
      if (image !== undefined) await leased.snapshots.remove({ snapshotter: flags.snapshotter, key: id });
      throw error;
    }
  });
}

async function prepare(
  leased: Supervisor,
  image: ImageDocuments,
  key: string,
  flags: CreateInput['flags'],
): Promise<Mount[]> {
  const { snapshotter } = flags;
  if (!(await exists(leased, snapshotter, image.chain))) await unpack(servicesOf(leased), image, { snapshotter });
  const parent = await remapped(leased, image.chain, flags);
  const labels = { ...labelsOf(flags.snapshotterLabel), ...parent.labels };
  return (await leased.snapshots.prepare({ snapshotter, key, parent: parent.key, labels })).mounts;
}

function labelsOfImage(image: ImageDocuments | undefined): Record<string, string> {
  if (image === undefined) return {};
  const { config } = image.config;
  return {
    ...image.image.labels,
    ...config?.Labels,
    'io.containerd.image.config.stop-signal': config?.StopSignal || 'SIGTERM',
  };
}

function runtimeOptions(flags: CreateInput['flags']): Any | undefined {
  if (flags.runtime !== runcRuntime)
    return flags.runtimeConfigPath === ''
      ? undefined
      : packAny(RuntimeOptions, { configPath: flags.runtimeConfigPath });
  return packAny(Options, {
    binaryName: flags.runcBinary ?? '',
    root: flags.runcRoot ?? '',
    systemdCgroup: flags.runcSystemdCgroup ?? false,
    noPivotRoot: !flags.pivot,
  });
}

/** Reads files of the root filesystem, which is mounted for the moment. */
function readerOf(mounts: readonly Mount[], directory: string | undefined) {
  return async (path: string): Promise<string | undefined> => {
    if (directory !== undefined) return readText(join(directory, path));
    if (mounts.length === 0) return undefined;
    const place = mkdtempSync(join(tmpdir(), 'ctr-'));
    try {
      for (const each of mounts) mount(readOnly(each), place);
      return readText(join(place, path));
    } finally {
      unmount(place);
      rmdirSync(place);
    }
  };
}

/** A mount that looks only: an overlay without its upper directory's own work. */
function readOnly(spec: Mount): Mount {
  if (spec.type !== 'overlay') return { ...spec, options: [...spec.options.filter((option) => option !== 'rw'), 'ro'] };
  const upper = spec.options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length);
  const options = spec.options
    .filter((option) => !/^(upperdir|workdir)=/.test(option))
    .map((option) =>
      option.startsWith('lowerdir=') && upper !== undefined
        ? option.replace('lowerdir=', `lowerdir=${upper}:`)
        : option,
    );
  return { ...spec, options: [...options, 'ro'] };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
