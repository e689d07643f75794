/** The verbs, in the order of the help. */
import type { Command } from '../cli/command.ts';
import { create } from './create.ts';
import { delete_ } from './delete.ts';
import { kill } from './kill.ts';
import { list } from './list.ts';
import { pause } from './pause.ts';
import { resume } from './resume.ts';
import { start } from './start.ts';
import { state } from './state.ts';

export const commands: readonly Command[] = [create, delete_, kill, list, pause, resume, start, state];
