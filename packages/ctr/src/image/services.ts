/** The supervisor's services as image transfers want them. */
import type { ImageServices } from '@drydock/transfer/services';
import type { Supervisor } from '../context.ts';

export function servicesOf({ content, images, snapshots, diff }: Supervisor): ImageServices {
  return { content, images, snapshots, diff };
}
