/** `docker ps`. */
import { type Filters, matchesLabels, matchesPattern } from '../api/query.ts';
import { humanDuration, parseTimestamp } from '../clock.ts';
import type { Engine } from '../engine.ts';
import { badParameter, messageOf } from '../errors.ts';
import type { Container } from './container.ts';
import { inspectMount } from './inspect.ts';
import { containerNetworks } from './network-settings.ts';
import { containerSizes } from './sizes.ts';

export const containerFilterKeys = [
  'ancestor', 'before', 'exited', 'expose', 'health', 'id', 'is-task', 'isolation', 'label', 'name', 'network', 'publish', 'since',
  'status', 'volume',
]; // biome-ignore format: a list

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

export interface ListOptions {
  /** Those that do not run too. */
  readonly all: boolean;
  /** At most so many, the newest; 0 or less for no limit. */
  readonly limit: number;
  readonly size: boolean;
  readonly filters: Filters;
}

export async function listContainers(engine: Engine, { all, limit, size, filters }: ListOptions): Promise<object[]> {
  const test = containerTest(engine, filters);
  const everything = all || limit > 0 || ['status', 'exited', 'before', 'since'].some((key) => filters.has(key));
  const found = engine.containers
    .list()
    .filter((container) => (everything || container.isRunning) && test(container))
    .sort((a, b) => (a.record.createdAt < b.record.createdAt ? 1 : -1));
  const shown = limit > 0 ? found.slice(0, limit) : found;
  return Promise.all(shown.map((container) => summarize(engine, container, size)));
}

/** Whether a container passes the filters. */
export function containerTest(engine: Engine, filters: Filters): (container: Container) => boolean {
  for (const status of filters.get('status') ?? [])
    if (!statuses.includes(status)) throw badParameter(`Invalid filter 'status=${status}'`);
  const exited = filters.get('exited')?.map((code) => {
    if (!/^-?\d+$/.test(code)) throw badParameter(`Invalid filter 'exited=${code}'`);
    return Number(code);
  });
  const moment = (key: string): string | undefined => {
    const [name] = filters.get(key) ?? [];
    return name === undefined ? undefined : engine.containers.find(name).record.createdAt;
  };
  const [before, since] = [moment('before'), moment('since')];
  const ancestors = filters.get('ancestor')?.map((name) => engine.images.lookup(name)?.id ?? name);
  const among = (key: string, test: (value: string) => boolean): boolean => {
    const values = filters.get(key) ?? [];
    return values.length === 0 || values.some(test);
  };
  return ({ id, record, state }) =>
    among('status', (status) => status === state.status) &&
    among('id', (prefix) => id.startsWith(prefix)) &&
    among('network', (name) => name === record.hostConfig.NetworkMode) &&
    among('volume', (value) =>
      record.mounts.some(({ name, destination, source }) => [name, destination, source].includes(value)),
    ) &&
    among('expose', (port) =>
      Object.keys(record.config.ExposedPorts ?? {}).some((exposed) => exposed === port || exposed === `${port}/tcp`),
    ) &&
    among('publish', () => false) &&
    among('health', (value) => value === 'none') &&
    among('is-task', (value) => value === 'false') &&
    matchesPattern(filters.get('name'), [record.name, `/${record.name}`]) &&
    matchesLabels(filters.get('label'), record.config.Labels) &&
    (exited === undefined || (state.status === 'exited' && exited.includes(state.exitCode))) &&
    (ancestors === undefined || ancestors.includes(record.imageId)) &&
    (before === undefined || record.createdAt < before) &&
    (since === undefined || record.createdAt > since);
}

async function summarize(engine: Engine, container: Container, size: boolean): Promise<object> {
  const { record } = container;
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: shownImage(engine, container),
    ImageID: record.imageId,
    Command: [record.path, ...record.args.map((word) => (/[\s'"]/.test(word) ? `'${word}'` : word))].join(' '),
    Created: Number((parseTimestamp(record.createdAt) ?? 0n) / 1_000_000_000n),
    Ports: Object.keys(container.isRunning ? (record.config.ExposedPorts ?? {}) : {}).map(exposedPort),
    ...(size ? await sizesOf(engine, container) : {}),
    Labels: record.config.Labels ?? {},
    State: container.state.status,
    Status: describeStatus(container),
    HostConfig: { NetworkMode: record.hostConfig.NetworkMode },
    NetworkSettings: { Networks: containerNetworks(engine, container) },
    Mounts: record.mounts.map(inspectMount),
  };
}

/** A size that cannot be had does not spoil the list. */
async function sizesOf(engine: Engine, container: Container): Promise<object> {
  try {
    return await containerSizes(engine, container);
  } catch (error) {
    engine.logger.warn({ container: container.id, error: messageOf(error) }, 'size unknown');
    return {};
  }
}

/** The image's name, or its id once the name stands for another image. */
function shownImage({ images }: Engine, { record }: Container): string {
  return images.lookup(record.config.Image)?.id === record.imageId ? record.config.Image : record.imageId;
}

function exposedPort(text: string): object {
  const [port, type = 'tcp'] = text.split('/');
  return { PrivatePort: Number(port), Type: type };
}

/** The status as a person reads it: `Up 5 minutes (Paused)`. */
export function describeStatus({ state }: Container): string {
  const since = (text: string): string => humanDuration(Date.now() - Number((parseTimestamp(text) ?? 0n) / 1_000_000n));
  if (state.status === 'created') return 'Created';
  if (state.status === 'dead') return 'Dead';
  if (state.status === 'removing') return 'Removal In Progress';
  if (state.status === 'restarting') return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
  if (state.status === 'exited') return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
  return `Up ${since(state.startedAt)}${state.status === 'paused' ? ' (Paused)' : ''}`;
}
