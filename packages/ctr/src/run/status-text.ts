/** The states of tasks in ctr's words. */
import { Status } from '@drydock/rpc/generated/task_types';

/** A status as ctr prints it in lists. */
export function statusText(status: number): string {
  return Object.entries(Status).find(([, value]) => value === status)?.[0] ?? 'UNKNOWN';
}
