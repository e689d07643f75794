/** `content`: the blobs. */
import { group } from '../../command.ts';
import { edit } from './edit.ts';
import { active, get, ingest, label, list, remove } from './list.ts';
import { prune } from './prune.ts';
import { fetch, fetchBlob, fetchObject, pushObject } from './remote.ts';

export const contentCommand = group(['content'], 'manage content', [
  active,
  remove,
  edit,
  fetch,
  fetchBlob,
  fetchObject,
  get,
  ingest,
  list,
  pushObject,
  label,
  prune,
]);
