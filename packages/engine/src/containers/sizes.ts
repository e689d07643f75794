/** How large a container is: what it wrote, and that with its image. */
import type { Engine } from '../engine.ts';
import type { Container } from './container.ts';

export interface ContainerSizes {
  readonly SizeRw: number;
  readonly SizeRootFs: number;
}

export async function containerSizes(
  { containerd, images }: Engine,
  { id, record }: Container,
): Promise<ContainerSizes> {
  const { size } = await containerd.snapshots.usage({ snapshotter: containerd.snapshotter, key: id });
  return { SizeRw: size, SizeRootFs: size + (images.lookup(record.imageId)?.size ?? 0) };
}
