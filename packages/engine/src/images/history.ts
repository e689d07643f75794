/** `docker history`: the steps that made an image, newest first. */
import { parseTimestamp } from '../clock.ts';
import type { Engine } from '../engine.ts';
import type { Image } from './image.ts';

export interface HistoryStep {
  readonly Comment: string;
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Id: string;
  readonly Size: number;
  readonly Tags: readonly string[] | null;
}

export function imageHistory({ images }: Pick<Engine, 'images'>, image: Image): HistoryStep[] {
  let layer = 0;
  const steps = (image.config.history ?? []).map((step) => ({
    Comment: step.comment ?? '',
    Created: Number((parseTimestamp(step.created ?? '') ?? 0n) / 1_000_000_000n),
    CreatedBy: step.created_by ?? '',
    Id: '<missing>',
    Size: step.empty_layer ? 0 : (image.layerSizes[layer++] ?? 0),
    Tags: null,
  }));
  const [newest, ...rest] = steps.reverse();
  if (newest === undefined) return [];
  const tags = images.tagsOf(image.id);
  return [{ ...newest, Id: image.id, Tags: tags.length > 0 ? tags : null }, ...rest];
}
