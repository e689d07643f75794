/** The cgroups below a container's own that `exec --cgroup` puts a process into. */
import { cleanPath } from '@drydock/linux/cgroups/hierarchies';
import { Failure } from '../failure.ts';

/** Reads the flag's values, `[<controller>[,<controller>…]:]<cgroup>`; answers cgroups by controller, '' for all. */
export function parseSubCgroups(values: readonly string[]): Readonly<Record<string, string>> {
  const chosen: Record<string, string> = {};
  for (const value of values) {
    const [first = '', second, ...more] = value.split(':');
    if (more.length > 0) throw new Failure(`invalid --cgroup argument: ${value}`);
    if (second === undefined) {
      if (values.length > 1) throw new Failure(`invalid --cgroup argument: ${value} (missing <controller>: prefix)`);
      chosen[''] = first;
    } else for (const controller of first.split(',')) chosen[controller] = second;
  }
  return chosen;
}

/** A container's cgroup paths with the chosen ones further down. Throws {@link Failure} if one would lead out of it. */
export function subCgroupPaths(
  paths: Readonly<Record<string, string>>,
  chosen: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { '': everywhere, ...controllers } = chosen;
  if (everywhere !== undefined)
    return Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, below(path, everywhere)]));
  const changed: Record<string, string> = { ...paths };
  for (const [name, sub] of Object.entries(controllers)) {
    const path = paths[name];
    if (path === undefined)
      throw new Failure(`unable to create new parent process: unknown controller ${name} in SubCgroupPaths`);
    changed[name] = below(path, sub);
  }
  return changed;
}

function below(path: string, sub: string): string {
  const joined = cleanPath(`${path}/${sub}`);
  if (joined !== path && !joined.startsWith(`${path}/`))
    throw new Failure(`unable to create new parent process: ${sub} is not a sub cgroup path`);
  return joined;
}
