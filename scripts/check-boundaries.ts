#!/usr/bin/env node
/** Fails where a program imports another program, a package reaches into another's files, or koffi is loaded elsewhere. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const top = join(import.meta.dirname, '..');
/** Packages that others may import. Programs meet only at their protocols. */
const shared = ['linux', 'oci', 'rpc', 'telemetry', 'transfer'];

if (process.argv.includes('--help'))
  console.log('usage: scripts/check-boundaries.ts\n\nChecks who imports whom in packages/.');
else report(globSync('packages/*/src/**/*.ts', { cwd: top }).flatMap(violations));

function violations(file: string): string[] {
  const owner = file.split('/')[1] ?? '';
  const imports = [...readFileSync(join(top, file), 'utf8').matchAll(/(?:from|import|import\()\s*'([^']+)'/g)];
  return imports.flatMap(([, target = '']) => {
    const reason = forbidden(file, owner, target);
    return reason === undefined ? [] : [`${file}: imports ${target}: ${reason}`];
  });
}

function forbidden(file: string, owner: string, target: string): string | undefined {
  const [, other] = /^@drydock\/([^/]+)/.exec(target) ?? [];
  if (other !== undefined && other !== owner && !shared.includes(other)) return `${other} is another program`;
  if (/koffi/.test(target) && !target.startsWith('.') && owner !== 'linux') return 'only packages/linux loads koffi';
  if (target.startsWith('.') && !normalize(join(dirname(file), target)).startsWith(`packages/${owner}/`))
    return 'leaves its package; import it by its name';
  return undefined;
}

function report(found: readonly string[]): void {
  for (const line of found) console.error(line);
  if (found.length > 0) process.exitCode = 1;
  else console.log('no import crosses a boundary');
}
