/** `create`: a container that is not started. */
import { command, programOf } from '../command.ts';
import { createContainer } from '../container/create.ts';
import { containerOptions } from '../container/options.ts';

export const createCommand = command(
  'create',
  'create [OPTIONS] IMAGE [COMMAND] [ARG...]: create a new container',
  containerOptions,
  async (engine, args) => {
    const [image, ...program] = programOf(args);
    if (image === undefined) throw new Error("drydock: 'drydock create' requires at least 1 argument");
    console.log(await createContainer(engine, args, image, program, true));
  },
);
