/**
 * drydock-runtime: makes and runs containers from OCI bundles. A shim, conmon, dockerd or a person starts it for each step;
 * it leaves the container's first process to whoever is the nearest subreaper, and its state below `--root`.
 */
import { runCommandLine } from './cli/run.ts';

runCommandLine(process.argv.slice(2)).then((code) => {
  // At once: the engine's own way out takes as long as many of the verbs.
  (process as unknown as { reallyExit(code: number): never }).reallyExit(code);
});
