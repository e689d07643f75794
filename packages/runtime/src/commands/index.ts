/** The verbs, in the order of the help. An invocation loads the one that it runs. */
import type { Command } from '../cli/command.ts';

const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  checkpoint: async () => (await import('./checkpoint.ts')).checkpointCommand,
  completion: async () => (await import('./completion.ts')).completion,
  create: async () => (await import('./create.ts')).create,
  delete: async () => (await import('./delete.ts')).delete_,
  events: async () => (await import('./events.ts')).events,
  exec: async () => (await import('./exec.ts')).exec,
  explain: async () => (await import('./explain.ts')).explainCommand,
  features: async () => (await import('./features.ts')).features,
  kill: async () => (await import('./kill.ts')).kill,
  list: async () => (await import('./list.ts')).list,
  pause: async () => (await import('./pause.ts')).pause,
  plan: async () => (await import('./plan.ts')).plan,
  ps: async () => (await import('./ps.ts')).ps,
  restore: async () => (await import('./restore.ts')).restoreCommand,
  resume: async () => (await import('./resume.ts')).resume,
  run: async () => (await import('./run.ts')).run,
  spec: async () => (await import('./spec.ts')).spec,
  start: async () => (await import('./start.ts')).start,
  state: async () => (await import('./state.ts')).state,
  update: async () => (await import('./update.ts')).update,
};

/** A verb by its name; undefined if there is none. */
export async function findCommand(name: string): Promise<Command | undefined> {
  return Object.hasOwn(loaders, name) ? loaders[name]?.() : undefined;
}

/** All of them: what the help shows. */
export function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(loaders).map((load) => load()));
}
