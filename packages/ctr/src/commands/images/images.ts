/** `images`: names for content. */
import { group } from '../../command.ts';
import { check } from './check.ts';
import { convert } from './convert.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { inspect, usage } from './inspect.ts';
import { list } from './list.ts';
import { mount, unmount } from './mount.ts';
import { prune } from './prune.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { label, remove, tag } from './records.ts';

export const imagesCommand = group(['images', 'image', 'i'], 'manage images', [
  check,
  exportCommand,
  importCommand,
  list,
  mount,
  unmount,
  pull,
  push,
  prune,
  remove,
  tag,
  label,
  convert,
  inspect,
  usage,
]);
