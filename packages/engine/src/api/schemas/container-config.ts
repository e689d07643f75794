/** The part of `POST /containers/create` that an image can also say: Docker's container Config. */
import { z } from 'zod';
import { boolean, command, goObject, integer, list, map, optional, text } from './go.ts';

/** How to tell whether a container is healthy; durations are nanoseconds. */
export const Healthcheck = goObject({
  Test: list(z.string()),
  Interval: integer(),
  Timeout: integer(),
  StartPeriod: integer(),
  StartInterval: integer(),
  Retries: integer(),
});

const fields = {
  Hostname: text(),
  Domainname: text(),
  User: text(),
  AttachStdin: boolean(),
  AttachStdout: boolean(),
  AttachStderr: boolean(),
  ExposedPorts: map(z.looseObject({})),
  Tty: boolean(),
  OpenStdin: boolean(),
  StdinOnce: boolean(),
  Env: list(z.string()),
  Cmd: command(),
  Healthcheck: optional(Healthcheck),
  ArgsEscaped: boolean(),
  Image: text(),
  Volumes: map(z.looseObject({})),
  WorkingDir: text(),
  Entrypoint: command(),
  NetworkDisabled: boolean(),
  MacAddress: text(),
  OnBuild: list(z.string()),
  Labels: map(z.string()),
  StopSignal: text(),
  StopTimeout: optional(z.number().int()),
  Shell: command(),
};

export const containerConfigFields = fields;
export const ContainerConfig = goObject(fields);
export type ContainerConfig = z.output<typeof ContainerConfig>;
