/** `containers create`, `list`, `info`, `label` */
import { listContainers } from '@drydock/rpc/container-list';
import type { Container } from '@drydock/rpc/generated/containers';
import { formatTimestamp, zeroTime } from '@drydock/rpc/timestamp';
import { command, programOf, quiet } from '../../command.ts';
import { createContainer } from '../../container/create.ts';
import { wordsFlag } from '../../flags/common.ts';
import { containerFlags } from '../../flags/container.ts';
import { labelText, printJson, printTable, sorted } from '../../output.ts';
import { labelPaths, labelsOf, need } from '../../words.ts';

/** What ctr's errors about missing words end in, here. */
const suffix = ': invalid argument';

export const create = command(
  'create',
  'create [flags] IMAGE ID [ARGUMENT...]: a container without a task',
  containerFlags,
  async (supervisor, flags) => {
    await createContainer(supervisor, { flags, words: programOf(flags), suffix });
  },
);

export const list = command(
  ['list [words..]', 'ls'],
  'list containers, those that filters choose',
  (argv) => wordsFlag(quiet(argv)),
  async (supervisor, args) => {
    const containers = await listContainers(supervisor.containers, args.words);
    if (args.quiet) {
      for (const { id } of containers) console.log(id);
      return;
    }
    const rows = containers.map(({ id, image, runtime }) => [id, image || '-', runtime?.name ?? '']);
    printTable([['CONTAINER', 'IMAGE', 'RUNTIME'], ...rows]);
  },
);

export const info = command(
  'info [words..]',
  'info ID: a container as JSON',
  (argv) => wordsFlag(argv).option('spec', { type: 'boolean', default: false, describe: 'its configuration alone' }),
  async (supervisor, { words, spec }) => {
    const id = need(words[0], `container id must be provided${suffix}`);
    const { container } = await supervisor.containers.get({ id });
    if (container === undefined) return;
    const document = JSON.parse(Buffer.from(container.spec?.value ?? []).toString() || 'null');
    printJson(spec ? document : describe(container, document));
  },
);

export const label = command(
  'label [words..]',
  'label ID KEY=VALUE...: set and clear labels',
  wordsFlag,
  async (supervisor, { words: [given, ...pairs] }) => {
    const id = need(given, `container id must be provided${suffix}`);
    await supervisor.containers.get({ id });
    const labels = labelsOf(pairs);
    const answer = await supervisor.containers.update({
      container: { id, labels },
      updateMask: { paths: labelPaths(labels) },
    });
    console.log(labelText(answer.container?.labels ?? {}, ''));
  },
);

function describe(container: Container, spec: unknown): unknown {
  const { id, labels, image, runtime, snapshotKey, snapshotter, createdAt, updatedAt } = container;
  return {
    ID: id,
    Labels: Object.keys(labels).length === 0 ? null : sorted(labels),
    Image: image,
    Runtime: { Name: runtime?.name ?? '', Options: optionsOf(container) },
    SnapshotKey: snapshotKey,
    Snapshotter: snapshotter,
    CreatedAt: formatTimestamp(createdAt ?? zeroTime),
    UpdatedAt: formatTimestamp(updatedAt ?? zeroTime),
    Extensions: null,
    Spec: spec,
  };
}

function optionsOf({ runtime }: Container): unknown {
  if (runtime?.options === undefined) return null;
  const { typeUrl, value } = runtime.options;
  return { type_url: typeUrl, ...(value.length === 0 ? {} : { value: Buffer.from(value).toString('base64') }) };
}
