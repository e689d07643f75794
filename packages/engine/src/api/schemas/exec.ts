/** Bodies of the exec endpoints. */
import { z } from 'zod';
import { boolean, goObject, list, optional, text } from './go.ts';

const consoleSize = optional(z.array(z.number().int().nonnegative()).length(2));

export const ExecCreateBody = goObject('types.ExecConfig', {
  User: text(),
  Privileged: boolean(),
  Tty: boolean(),
  ConsoleSize: consoleSize,
  AttachStdin: boolean(),
  AttachStdout: boolean(),
  AttachStderr: boolean(),
  DetachKeys: text(),
  Env: list(z.string()),
  WorkingDir: text(),
  Cmd: list(z.string()),
});

export const ExecStartBody = goObject('types.ExecStartCheck', {
  Detach: boolean(),
  Tty: boolean(),
  ConsoleSize: consoleSize,
});
