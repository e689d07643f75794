/** The `Config` of `docker inspect`: fields that Docker leaves out when they are empty are left out. */
import type { ContainerConfig } from '../api/schemas/container-config.ts';

const shownOnlyIfSet = [
  'ExposedPorts',
  'Healthcheck',
  'ArgsEscaped',
  'NetworkDisabled',
  'MacAddress',
  'StopSignal',
  'StopTimeout',
  'Shell',
] as const;

export function inspectConfig(config: ContainerConfig): object {
  const shown: Record<string, unknown> = { ...config, Labels: config.Labels ?? {} };
  for (const key of shownOnlyIfSet) if (!config[key] && config[key] !== 0) delete shown[key];
  return shown;
}
