/** daemon.json: Docker's keys. One that this engine does not know is refused, as dockerd refuses it. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { hasCode, messageOf } from '../errors.ts';

const texts = z.array(z.string());

/** The keys that are understood; each has the meaning of the flag of that name. */
const DaemonJson = z.strictObject({
  hosts: texts.optional(),
  'data-root': z.string().optional(),
  'exec-root': z.string().optional(),
  pidfile: z.string().optional(),
  containerd: z.string().optional(),
  'containerd-namespace': z.string().optional(),
  bridge: z.string().optional(),
  iptables: z.boolean().optional(),
  debug: z.boolean().optional(),
  'log-level': z.string().optional(),
  runtimes: z.record(z.string(), z.looseObject({ path: z.string().default('') })).optional(),
  'default-runtime': z.string().optional(),
  'insecure-registries': texts.optional(),
  'registry-mirrors': texts.optional(),
  'live-restore': z.boolean().optional(),
  labels: texts.optional(),
  init: z.boolean().optional(),
  'init-path': z.string().optional(),
  'default-ulimits': z
    .record(z.string(), z.object({ Name: z.string().optional(), Soft: z.number().int(), Hard: z.number().int() }))
    .optional(),
  'default-shm-size': z.union([z.string(), z.number()]).optional(),
  'storage-driver': z.string().optional(),
  'shutdown-timeout': z.number().optional(),
  'log-driver': z.string().optional(),
  'log-opts': z.record(z.string(), z.string()).optional(),
});
export type DaemonJson = z.output<typeof DaemonJson>;

/** Reads the file. A missing one is empty, unless a person named it. */
export function readDaemonJson(path: string, { required }: { readonly required: boolean }): DaemonJson {
  const failed = (why: string): Error => new Error(`unable to configure the engine with file ${path}: ${why}`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') && !required) return {};
    throw failed(hasCode(error, 'ENOENT') ? `open ${path}: no such file or directory` : messageOf(error));
  }
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw failed(messageOf(error));
  }
  const result = DaemonJson.safeParse(value);
  if (result.success) return result.data;
  const unknown = result.error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  if (unknown.length > 0)
    throw failed(`the following directives don't match any configuration option: ${unknown.join(', ')}`);
  const [issue] = result.error.issues;
  throw failed(`${issue?.path.join('.')}: ${issue?.message}`);
}
