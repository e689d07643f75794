/** containerd.services.images.v1.Images */
import { invalidArgument } from '@drydock/rpc/errors';
import { type Image, ImageCreate, ImageDelete, Images, ImageUpdate } from '@drydock/rpc/generated/images';
import { type Implementation, implement } from '@drydock/rpc/service';
import type { Exchange } from '../events/exchange.ts';
import type { Collector } from '../gc/collector.ts';
import { namespaceOf } from '../metadata/identifiers.ts';
import type { ImageStore } from '../metadata/images.ts';

export interface ImagesParts {
  readonly images: ImageStore;
  readonly exchange: Exchange;
  readonly collector: Collector;
}

export function imagesService({ images, exchange, collector }: ImagesParts): Implementation {
  return implement(Images, {
    get: ({ name }, call) => ({ image: images.get(namespaceOf(call), name) }),
    list: ({ filters }, call) => ({ images: images.list(namespaceOf(call), filters) }),
    create: (request, call) => {
      const namespace = namespaceOf(call);
      const image = images.create(namespace, named(request.image));
      exchange.publish(namespace, '/images/create', ImageCreate, image);
      return { image };
    },
    update: (request, call) => {
      const namespace = namespaceOf(call);
      const image = images.update(namespace, named(request.image), request.updateMask?.paths ?? []);
      exchange.publish(namespace, '/images/update', ImageUpdate, image);
      return { image };
    },
    delete: async ({ name, sync }, call) => {
      const namespace = namespaceOf(call);
      images.delete(namespace, name);
      exchange.publish(namespace, '/images/delete', ImageDelete, { name });
      if (sync) await collector.collect();
      else collector.schedule();
      return {};
    },
  });
}

function named(image: Image | undefined): Image {
  if (image === undefined || image.name === '') throw invalidArgument('Image.Name required');
  return image;
}
