/** The verbs, in the order of the help. */
import type { Command } from '../cli/command.ts';
import { checkpointCommand } from './checkpoint.ts';
import { completion } from './completion.ts';
import { create } from './create.ts';
import { delete_ } from './delete.ts';
import { events } from './events.ts';
import { exec } from './exec.ts';
import { explainCommand } from './explain.ts';
import { features } from './features.ts';
import { kill } from './kill.ts';
import { list } from './list.ts';
import { pause } from './pause.ts';
import { plan } from './plan.ts';
import { ps } from './ps.ts';
import { restoreCommand } from './restore.ts';
import { resume } from './resume.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';
import { start } from './start.ts';
import { state } from './state.ts';
import { update } from './update.ts';

export const commands: readonly Command[] = [
  ...[
    checkpointCommand,
    completion,
    create,
    delete_,
    events,
    exec,
    explainCommand,
    features,
    kill,
    list,
    pause,
    plan,
    ps,
  ],
  ...[restoreCommand, resume, run, spec, start, state, update],
];
