/** `state`: prints the state of a container, as the specification has it, with runc's additions. */
import type { Command } from '../cli/command.ts';
import { escapeHtml } from '../cli/go-json.ts';
import { Container } from '../container/container.ts';

export const state: Command = {
  name: 'state',
  summary: 'output the state of a container',
  usage: '<container-id>',
  flags: [],
  arguments: [1, 1],
  flagsAnywhere: true,
  run({ global, args: [id = ''], print }) {
    const container = Container.load(global.root, id);
    const { ociVersion, status, pid, bundle, annotations } = container.ociState();
    const { rootfs, created } = container.state;
    print(
      escapeHtml(
        JSON.stringify(
          { ociVersion, id: container.id, pid, status, bundle, rootfs, created, annotations, owner: '' },
          undefined,
          2,
        ),
      ),
    );
    return undefined;
  },
};
