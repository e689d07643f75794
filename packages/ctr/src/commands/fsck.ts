/** `fsck`: looks for what refers to something that is not there, through the API: it works on containerd, too. */

import { hostPlatform } from '@drydock/oci/platform';
import { listContainers } from '@drydock/rpc/container-list';
import { isKind } from '@drydock/rpc/errors';
import { statBlob } from '@drydock/transfer/blobs';
import { bottomUp, readTree } from '@drydock/transfer/tree';
import { exists } from '@drydock/transfer/unpack';
import { command, plain } from '../command.ts';
import type { Supervisor } from '../context.ts';
import { ExitStatus } from '../status.ts';

export const fsckCommand = command(
  'fsck',
  'look for images, containers and tasks whose parts are missing; drydock-supervisor --offline fsck looks deeper',
  plain,
  async (supervisor) => {
    const findings = [
      ...(await images(supervisor)),
      ...(await containers(supervisor)),
      ...(await content(supervisor)),
      ...(await tasks(supervisor)),
    ];
    for (const finding of findings) console.log(finding);
    console.log(
      `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'} in namespace ${supervisor.namespace}`,
    );
    if (findings.length > 0) throw new ExitStatus(1);
  },
);

async function images({ images: service, content: store }: Supervisor): Promise<string[]> {
  const findings: string[] = [];
  for (const { name, target } of (await service.list({})).images) {
    const tree = await readTree(store, { mediaType: '', digest: '', size: 0, ...target }, [hostPlatform]);
    for (const { descriptor, present } of bottomUp(tree))
      if (!present) findings.push(`image ${name}: ${descriptor.mediaType} ${descriptor.digest} is missing`);
  }
  return findings;
}

async function containers(supervisor: Supervisor): Promise<string[]> {
  const findings: string[] = [];
  for (const { id, image, snapshotter, snapshotKey } of await listContainers(supervisor.containers)) {
    if (snapshotKey !== '' && !(await exists(supervisor, snapshotter, snapshotKey)))
      findings.push(`container ${id}: snapshot ${snapshotKey} is missing`);
    if (image !== '' && !(await isThere(() => supervisor.images.get({ name: image }))))
      findings.push(`container ${id}: image ${image} is missing`);
  }
  return findings;
}

/** What a label says must be kept, and is not there. */
async function content(supervisor: Supervisor): Promise<string[]> {
  const findings: string[] = [];
  for await (const { info } of supervisor.content.list({}))
    for (const { digest, labels } of info)
      for (const [key, value] of Object.entries(labels)) {
        if (key.startsWith('containerd.io/gc.ref.content') && (await statBlob(supervisor.content, value)) === undefined)
          findings.push(`blob ${digest}: refers to blob ${value}, which is missing`);
        const [, snapshotter] = /^containerd\.io\/gc\.ref\.snapshot\.([^/]+)/.exec(key) ?? [];
        if (snapshotter !== undefined && !(await exists(supervisor, snapshotter, value)))
          findings.push(`blob ${digest}: refers to snapshot ${value}, which is missing`);
      }
  return findings;
}

async function tasks(supervisor: Supervisor): Promise<string[]> {
  const findings: string[] = [];
  for (const { id, containerId } of (await supervisor.tasks.list({})).tasks) {
    const name = containerId || id;
    if (!(await isThere(() => supervisor.containers.get({ id: name }))))
      findings.push(`task ${name}: its container is missing`);
  }
  return findings;
}

async function isThere(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (isKind(error, 'not found')) return false;
    throw error;
  }
}
