/**
 * Hooks of the configuration (runtime-spec, config.md, "POSIX-platform Hooks"): programs that get the container's state on
 * their standard input at a point of its life. What runs one is loaded when there is one.
 */
import type { Hooks, State } from '@drydock/oci/runtime-spec';
import { explain, Failure } from '../failure.ts';

export interface HookOptions {
  readonly state: State;
  /** Run in the namespaces of this process, not in the runtime's: those that the container has of its own, by type. */
  readonly inside?: { readonly pid: number; readonly namespaces: readonly string[] };
}

/** Runs the hooks of a kind in order; the first that fails ends it: `error running hook #0: …`. */
export async function runHooks(hooks: Hooks, kind: keyof Hooks, options: HookOptions): Promise<void> {
  for (const [index, hook] of (hooks[kind] ?? []).entries()) {
    try {
      const { runHook } = await import('./hook.ts');
      runHook(hook, options);
    } catch (error) {
      throw new Failure(`error running hook #${index}: ${explain(error)}`, { cause: error });
    }
  }
}
