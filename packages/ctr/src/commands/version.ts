/** `version`: the client's and the server's. */
import { command, plain } from '../command.ts';
import { version } from '../status.ts';

export const versionCommand = command('version', 'print the client and server versions', plain, async (supervisor) => {
  console.log(`Client:\n  Version:  ${version}\n  Node version: ${process.version}\n`);
  const server = await supervisor.version.version({});
  const { uuid } = await supervisor.introspection.server({});
  console.log(`Server:\n  Version:  ${server.version}\n  Revision: ${server.revision}\n  UUID: ${uuid}`);
});
