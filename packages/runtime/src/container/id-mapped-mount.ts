/**
 * Mounts whose files show other owners than the filesystem has: a user namespace says which (mount_setattr(2),
 * MOUNT_ATTR_IDMAP). A process is needed to hold that namespace while it is asked for.
 */
import { closeFile, Open, openFile } from '@drydock/linux/disk';
import { syscall } from '@drydock/linux/syscall';
import type { Linux, Mount } from '@drydock/oci/runtime-spec';
import { Clone } from '../compile/constants.ts';
import type { MountOptions } from '../compile/mount-options.ts';
import { failingAs, failingAsync } from '../failure.ts';
import { endPlaceholder, startPlaceholder } from './placeholder.ts';
import { type Mappings, writeMappings } from './user-namespace.ts';

const mountAttrIdmap = 0x100000n;

/** Maps the ids of a mount that is nowhere yet: by its own mappings, or those of the container. */
export async function mapIds(tree: number, mount: Mount, { idMapping }: MountOptions, linux: Linux): Promise<void> {
  const { uidMappings: uids = [], gidMappings: gids = [] } = mount;
  const path = linux.namespaces?.find(({ type }) => type === 'user')?.path;
  const own = uids.length > 0 || gids.length > 0;
  const context = `error during container init: error mounting "${mount.source}" to rootfs at "${mount.destination}"`;
  await failingAsync(context, async () => {
    const namespace =
      path && !own
        ? openFile(path, Open.read)
        : await userNamespace(own ? { uids, gids } : { uids: linux.uidMappings ?? [], gids: linux.gidMappings ?? [] });
    try {
      setIdMap(tree, namespace, idMapping === 'recursive', mount);
    } finally {
      closeFile(namespace);
    }
  });
}

function setIdMap(tree: number, namespace: number, recursive: boolean, { source }: Mount): void {
  const [emptyPath, below] = [0x1000, 0x8000];
  const attributes = new BigUint64Array([mountAttrIdmap, 0n, 0n, BigInt(namespace)]);
  const bytes = new Uint8Array(attributes.buffer);
  syscall(
    'mount_setattr',
    [tree, '', emptyPath | (recursive ? below : 0), bytes, bytes.length],
    `failed to set MOUNT_ATTR_IDMAP on ${source}`,
  );
}

/** A descriptor of a user namespace with such mappings. Its only process ends before this returns. */
async function userNamespace(mappings: Mappings): Promise<number> {
  const child = startPlaceholder(Clone.CLONE_NEWUSER.value);
  try {
    await writeMappings(child.pid, mappings);
    return failingAs('user namespace of a mount', () => openFile(`/proc/${child.pid}/ns/user`, Open.read));
  } finally {
    endPlaceholder(child);
  }
}
