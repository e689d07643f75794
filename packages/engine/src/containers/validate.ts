/** Checks a container's settings before anything is made for it. The texts are Docker's. */
import { posix } from 'node:path';
import type { ContainerConfig } from '../api/schemas/container-config.ts';
import type { HostConfig, RestartPolicy } from '../api/schemas/host-config.ts';
import type { Engine } from '../engine.ts';
import { badParameter, messageOf } from '../errors.ts';
import { parseSignal } from './signals.ts';
import { normalizeCapabilities } from './spec/capabilities.ts';
import { lender } from './spec/namespaces.ts';
import { securityOptions } from './spec/security.ts';
import { validateResources } from './validate-resources.ts';

const nameForm = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Checks a container's name, which stands without a slash. */
export function validateName(name: string): void {
  if (!nameForm.test(name))
    throw badParameter(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}

/** Checks the settings that are not about the machine. */
export function validateConfig(config: ContainerConfig): void {
  if (config.WorkingDir !== '' && !posix.isAbsolute(config.WorkingDir))
    throw badParameter(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  if (config.StopSignal !== '') parseSignal(config.StopSignal);
  for (const entry of config.Env ?? [])
    if (entry === '' || entry.startsWith('=')) throw badParameter(`invalid environment variable: ${entry}`);
}

/** Checks the settings that are about the machine; answers warnings. */
export function validateHostConfig(
  { host, config, containers }: Pick<Engine, 'host' | 'config' | 'containers'>,
  hostConfig: HostConfig,
): string[] {
  validateRestartPolicy(hostConfig.RestartPolicy);
  if (hostConfig.AutoRemove && (hostConfig.RestartPolicy?.Name || 'no') !== 'no')
    throw badParameter("can't create 'AutoRemove' container with restart policy");
  normalizeCapabilities(hostConfig.CapAdd ?? [], 'CapAdd');
  normalizeCapabilities(hostConfig.CapDrop ?? [], 'CapDrop');
  for (const extra of hostConfig.ExtraHosts ?? []) validateExtraHost(extra);
  const warnings = validateResources(hostConfig, host, { update: false });
  if (hostConfig.ShmSize < 0) throw badParameter('SHM size can not be less than 0');
  if (hostConfig.OomScoreAdj < -1000 || hostConfig.OomScoreAdj > 1000)
    throw badParameter(`Invalid value ${hostConfig.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  if (hostConfig.Runtime !== '' && !config.runtimes.has(hostConfig.Runtime))
    throw badParameter(`Unknown runtime specified ${hostConfig.Runtime}`);
  validateModes(hostConfig);
  for (const mode of [hostConfig.PidMode, hostConfig.IpcMode]) checkLender(mode, containers);
  validateLog(hostConfig);
  if ((hostConfig.DeviceRequests ?? []).length > 0)
    throw badParameter('could not select device driver "" with capabilities: [[gpu]]');
  if (Object.keys(hostConfig.StorageOpt ?? {}).length > 0)
    throw badParameter("--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
  if (!['', 'default'].includes(hostConfig.Isolation))
    throw badParameter(`Invalid isolation: ${JSON.stringify(hostConfig.Isolation)} - linux only supports 'default'`);
  securityOptions(hostConfig);
  if (hostConfig.NetworkMode === 'host' && Object.keys(hostConfig.PortBindings ?? {}).length > 0)
    warnings.push('Published ports are discarded when using host network mode');
  return warnings;
}

/** A container whose namespace shall be shared must be there. */
function checkLender(mode: string, containers: Engine['containers']): void {
  const name = lender(mode);
  if (name === undefined) return;
  try {
    containers.find(name);
  } catch (error) {
    // Not as "not found": clients would look for an image.
    throw badParameter(messageOf(error), { cause: error });
  }
}

/** Checks a restart policy. */
export function validateRestartPolicy(policy: RestartPolicy | null): void {
  const { Name: name = '', MaximumRetryCount: count = 0 } = policy ?? {};
  if (name === '') return;
  if (!['no', 'always', 'unless-stopped', 'on-failure'].includes(name))
    throw badParameter(`invalid restart policy '${name}'`);
  if (name !== 'on-failure' && count !== 0)
    throw badParameter(`maximum retry count cannot be used with restart policy '${name}'`);
  if (count < 0) throw badParameter('maximum retry count cannot be negative');
}

function validateModes({ IpcMode, PidMode, UTSMode, UsernsMode, CgroupnsMode }: HostConfig): void {
  if (!/^(|none|private|shareable|host|container:.+)$/.test(IpcMode))
    throw badParameter(`Invalid IPC mode: ${IpcMode}`);
  if (!/^(|host|container:.+)$/.test(PidMode)) throw badParameter(`Invalid PID mode: ${PidMode}`);
  if (!/^(|host)$/.test(UTSMode)) throw badParameter(`Invalid UTS mode: ${UTSMode}`);
  if (!/^(|host)$/.test(UsernsMode)) throw badParameter(`Invalid user namespace mode: ${UsernsMode}`);
  if (!/^(|private|host)$/.test(CgroupnsMode)) throw badParameter(`invalid cgroup namespace mode: ${CgroupnsMode}`);
}

function validateLog({ LogConfig }: HostConfig): void {
  const type = LogConfig?.Type ?? '';
  if (!['', 'json-file', 'none'].includes(type))
    throw badParameter(`error looking up logging plugin ${type}: plugin ${JSON.stringify(type)} not found`);
  const unknown = Object.keys(LogConfig?.Config ?? {}).find(
    (key) => !['max-size', 'max-file', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag'].includes(key),
  );
  if (unknown !== undefined && type !== 'none')
    throw badParameter(`unknown log opt '${unknown}' for json-file log driver`);
  const { 'max-size': size, 'max-file': files } = LogConfig?.Config ?? {};
  const failed = 'failed to initialize logging driver';
  if (size !== undefined && !/^(-1|\d+(\.\d+)?\s*[kmgt]?b?)$/i.test(size))
    throw badParameter(`${failed}: invalid size: '${size}'`);
  if (files !== undefined && !(Number(files) >= 1)) throw badParameter(`${failed}: max-file cannot be less than 1`);
}

function validateExtraHost(text: string): void {
  const colon = text.indexOf(':');
  const address = text.slice(colon + 1);
  if (colon < 1) throw badParameter(`bad format for add-host: ${JSON.stringify(text)}`);
  const isAddress =
    address === 'host-gateway' || /^\d+\.\d+\.\d+\.\d+$/.test(address) || /^\[?[0-9a-fA-F:]+\]?$/.test(address);
  if (!isAddress) throw badParameter(`invalid IP address in add-host: ${JSON.stringify(address)}`);
}
