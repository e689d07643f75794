/** `version`, `info`, `login`, `logout`: the engine, and who we are to registries. */
import { createInterface } from 'node:readline/promises';
import { EngineError } from '../api/error.ts';
import type { Version } from '../api/types.ts';
import { command } from '../command.ts';
import { removeCredentials, saveCredentials } from '../config/auth.ts';
import { render } from '../output/template.ts';
import { binarySize } from '../output/units.ts';
import { ExitStatus, version } from '../status.ts';

const format = { alias: 'f', type: 'string', describe: 'a Go template, or json' } as const;

export const versionCommand = command(
  'version',
  'show the version information',
  (argv) => argv.options({ format }),
  async (engine, args) => {
    const client = {
      Version: version,
      ApiVersion: '1.50',
      Os: 'linux',
      Arch: process.arch === 'x64' ? 'amd64' : 'arm64',
    };
    const server = await engine.json<Version>('GET', '/version').catch((error: unknown) => {
      if (error instanceof EngineError && error.status === 0) return error;
      throw error;
    });
    if (args.format !== undefined) {
      const both = { Client: client, Server: server instanceof Error ? null : server };
      console.log(args.format === 'json' ? JSON.stringify(both) : render(args.format, both));
    } else {
      console.log(
        `Client:\n Version:           ${client.Version}\n API version:       ${client.ApiVersion}\n Node version:      ${process.version}\n OS/Arch:           ${client.Os}/${client.Arch}`,
      );
      if (!(server instanceof Error)) console.log(`\n${serverText(server)}`);
    }
    if (server instanceof Error) throw server;
  },
);

function serverText({ Components = [], ...server }: Version): string {
  const lines = ['Server:'];
  for (const { Name, Version: number, Details = {} } of Components) {
    lines.push(` ${Name}:`, `  Version:          ${number}`);
    if (Name === 'Engine')
      lines.push(`  API version:      ${server.ApiVersion} (minimum version ${server.MinAPIVersion})`);
    if (Details.GitCommit) lines.push(`  GitCommit:        ${Details.GitCommit}`);
  }
  return lines.join('\n');
}

export const infoCommand = command(
  'info',
  'display system-wide information',
  (argv) => argv.options({ format }),
  async (engine, args) => {
    const info = await engine.json<Record<string, unknown>>('GET', '/info');
    if (args.format !== undefined) {
      console.log(args.format === 'json' ? JSON.stringify(info) : render(args.format, info));
      return;
    }
    const of = (key: string): string => String(info[key] ?? '');
    const lines: readonly (readonly [string, string])[] = [
      ['Containers', of('Containers')],
      [' Running', of('ContainersRunning')],
      [' Paused', of('ContainersPaused')],
      [' Stopped', of('ContainersStopped')],
      ['Images', of('Images')],
      ['Server Version', of('ServerVersion')],
      ['Storage Driver', of('Driver')],
      ['Logging Driver', of('LoggingDriver')],
      ['Cgroup Driver', of('CgroupDriver')],
      ['Cgroup Version', of('CgroupVersion')],
      ['Runtimes', Object.keys((info.Runtimes as object | undefined) ?? {}).join(' ')],
      ['Default Runtime', of('DefaultRuntime')],
      ['Kernel Version', of('KernelVersion')],
      ['Operating System', of('OperatingSystem')],
      ['OSType', of('OSType')],
      ['Architecture', of('Architecture')],
      ['CPUs', of('NCPU')],
      ['Total Memory', binarySize(Number(info.MemTotal ?? 0))],
      ['Name', of('Name')],
      ['ID', of('ID')],
      ['Docker Root Dir', of('DockerRootDir')],
    ];
    console.log(['Server:', ...lines.map(([name, value]) => ` ${name}: ${value}`)].join('\n'));
    for (const warning of (info.Warnings as string[] | null) ?? []) console.error(warning);
  },
);

export const loginCommand = command(
  'login [server]',
  'authenticate to a registry',
  (argv) =>
    argv.positional('server', { type: 'string', default: '' }).options({
      username: { alias: 'u', type: 'string' },
      password: { alias: 'p', type: 'string' },
      'password-stdin': { type: 'boolean', default: false, describe: 'take the password from stdin' },
    }),
  async (engine, args) => {
    const username = args.username ?? (await ask('Username: '));
    const password = args.passwordStdin ? await readAll() : (args.password ?? (await ask('Password: ')));
    const credentials = { username, password, serveraddress: args.server };
    const { Status } = await engine.json<{ Status: string }>('POST', '/auth', { body: credentials });
    saveCredentials(credentials);
    console.log(Status);
  },
);

export const logoutCommand = command(
  'logout [server]',
  'forget the credentials of a registry',
  (argv) => argv.positional('server', { type: 'string', default: '' }),
  async (_engine, { server }) => {
    removeCredentials(server);
    console.log(`Removing login credentials for ${server || 'https://index.docker.io/v1/'}`);
  },
);

async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    console.error('Error: Cannot perform an interactive login from a non TTY device');
    throw new ExitStatus(1);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

async function readAll(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part);
  return Buffer.concat(parts)
    .toString()
    .replace(/\r?\n$/, '');
}
