/** The part of `POST /containers/create` that an image can also say: Docker's container Config. */
import { z } from 'zod';
import { boolean, goObject, integer, list, map, optional, optionalInteger, text, words } from './go.ts';
import { withGoType } from './go-type.ts';

/** How to tell whether a container is healthy; durations are nanoseconds. */
export const Healthcheck = goObject('container.HealthConfig', {
  Test: list(z.string()),
  Interval: integer('time.Duration'),
  Timeout: integer('time.Duration'),
  StartPeriod: integer('time.Duration'),
  StartInterval: integer('time.Duration'),
  Retries: integer('int'),
});

const fields = {
  Hostname: text(),
  Domainname: text(),
  User: text(),
  AttachStdin: boolean(),
  AttachStdout: boolean(),
  AttachStderr: boolean(),
  ExposedPorts: withGoType(map(z.looseObject({})), 'nat.PortSet'),
  Tty: boolean(),
  OpenStdin: boolean(),
  StdinOnce: boolean(),
  Env: list(z.string()),
  Cmd: words(),
  Healthcheck: optional(Healthcheck),
  ArgsEscaped: boolean(),
  Image: text(),
  Volumes: map(z.looseObject({})),
  WorkingDir: text(),
  Entrypoint: words(),
  NetworkDisabled: boolean(),
  MacAddress: text(),
  OnBuild: list(z.string()),
  Labels: map(z.string()),
  StopSignal: text(),
  StopTimeout: optionalInteger('int'),
  Shell: words(),
};

export const containerConfigFields = fields;
export const ContainerConfig = goObject('container.Config', fields);
export type ContainerConfig = z.output<typeof ContainerConfig>;
