/** `oci spec`: the configuration that containers begin with. */
import { command, group, plain } from '../command.ts';
import { defaultSpec } from '../container/default-spec.ts';
import { printJson } from '../output.ts';

const spec = command('spec', 'the default configuration', plain, async (supervisor) => {
  printJson(defaultSpec(supervisor.namespace));
});

export const ociCommand = group(['oci'], 'OCI tools', [spec]);
