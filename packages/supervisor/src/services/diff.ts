/** containerd.services.diff.v1.Diff: layers to snapshots (Apply), and snapshots to layers (Diff). */
import { layerCompression, MediaType } from '@drydock/oci/media-types';
import { invalidArgument, isKind, notImplemented, RpcError } from '@drydock/rpc/errors';
import { Diff } from '@drydock/rpc/generated/diff';
import { type Implementation, implement } from '@drydock/rpc/service';
import type { ContentStore } from '../content/content-store.ts';
import { applyLayer } from '../layers/apply.ts';
import { createLayer } from '../layers/create-layer.ts';
import { namespaceOf } from '../metadata/identifiers.ts';

/** `place` is where snapshots are mounted for a while. */
export function diffService(content: ContentStore, place: string): Implementation {
  return implement(Diff, {
    apply: async ({ diff, mounts }, call) => {
      if (diff === undefined) throw invalidArgument('diff descriptor is missing: invalid argument');
      if (layerCompression(diff.mediaType) === undefined)
        throw notImplemented(
          `failed to get stream processor for ${diff.mediaType}: no processor for media-type: unknown: not implemented`,
        );
      const applied = await applyLayer(blobPath(content, namespaceOf(call), diff.digest), mounts, place);
      return { applied: { mediaType: MediaType.ociLayer, digest: applied.digest, size: applied.size } };
    },
    diff: async ({ left, right, mediaType, ref, labels }, call) => ({
      diff: await createLayer({
        content,
        namespace: namespaceOf(call),
        lease: call.lease,
        left,
        right,
        mediaType: mediaType === '' ? MediaType.ociLayerGzip : mediaType,
        ref,
        labels,
        place,
      }),
    }),
  });
}

function blobPath(content: ContentStore, namespace: string, digest: string): string {
  try {
    return content.path(namespace, digest);
  } catch (error) {
    if (!isKind(error, 'not found')) throw error;
    throw new RpcError(error.kind, `failed to get reader from content store: ${error.message}`);
  }
}
