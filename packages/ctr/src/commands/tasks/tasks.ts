/** `tasks`: running containers and their processes. */
import { group } from '../../command.ts';
import { checkpoint } from './checkpoint.ts';
import { attach, exec, remove, start } from './processes.ts';
import { kill, list, metrics, pause, ps, resume } from './records.ts';

export const tasksCommand = group(['tasks', 'task', 't'], 'manage tasks', [
  attach,
  checkpoint,
  remove,
  exec,
  list,
  kill,
  metrics,
  pause,
  ps,
  resume,
  start,
]);
