/** `containers`: the records. */
import { group } from '../../command.ts';
import { checkpoint, restore } from './checkpoint.ts';
import { create, info, label, list } from './records.ts';
import { remove } from './remove.ts';

export const containersCommand = group(['containers', 'container', 'c'], 'manage containers', [
  create,
  remove,
  info,
  list,
  label,
  checkpoint,
  restore,
]);
