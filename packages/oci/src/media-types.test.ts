import t from 'tap';
import { isIndex, isLayer, isManifest, layerCompression, MediaType } from './media-types.ts';

t.equal(layerCompression(MediaType.ociLayer), 'none');
t.equal(layerCompression(MediaType.ociLayerGzip), 'gzip');
t.equal(layerCompression(MediaType.ociLayerZstd), 'zstd');
t.equal(layerCompression(MediaType.dockerLayerGzip), 'gzip');
t.equal(layerCompression(MediaType.dockerForeignLayerGzip), 'gzip');
t.equal(layerCompression('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'), 'gzip');
t.equal(layerCompression(MediaType.ociConfig), undefined);
t.ok(isLayer(MediaType.dockerLayer));
t.ok(isIndex(MediaType.dockerManifestList) && isManifest(MediaType.ociManifest));
t.notOk(isIndex(MediaType.ociManifest) || isManifest(MediaType.ociIndex));
