/** containerd-shim-drydock-v2: arguments and wiring. */
import { parseShimArguments, type ShimArguments, usage } from './arguments.ts';
import { version } from './version.ts';

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(`containerd-shim-drydock-v2: ${error.message}`);
  process.exitCode = 1;
});

async function main(argv: readonly string[]): Promise<void> {
  const shim = parseShimArguments(argv);
  if (shim.help) console.log(usage);
  else if (shim.version) console.log(`containerd-shim-drydock-v2:\n  Version:  ${version}`);
  else if (shim.info) (await import('./info.ts')).printInfo();
  else await run(shim);
}

/** Each action loads only what it needs: there are as many shims as containers. */
async function run(shim: ShimArguments): Promise<void> {
  if (shim.namespace === '' && !shim.spare) throw new Error('shim namespace cannot be empty');
  if (shim.action === 'start') return (await import('./start.ts')).startShim(shim);
  if (shim.action === 'delete') return (await import('./delete.ts')).deleteLeftovers(shim);
  return (await import('./serve.ts')).serve(shim);
}
