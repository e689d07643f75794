/**
 * Delivers events by a program, the way before there was ttrpc: `BINARY --address SOCKET publish --topic T --namespace NS`
 * with the event as an Any on its stdin. For supervisors that do not name a ttrpc socket.
 */
import { Any } from '@drydock/rpc/generated/google';
import type { Exits } from '../exits.ts';
import type { BunProcess } from '../runtime/runtime.ts';
import type { Sender } from './publisher.ts';

declare const Bun: {
  spawn(
    command: readonly string[],
    options: { stdio: readonly [unknown, 'ignore', 'ignore']; timeout: number; killSignal: NodeJS.Signals },
  ): BunProcess;
};

/** Milliseconds that the program may take: containerd's shims give it as long. */
const publishTimeout = 5000;

export interface PublishProgram {
  readonly binary: string;
  /** The supervisor's gRPC socket. */
  readonly address: string;
}

/** A sender that runs a program for each event. */
export function programPublisher({ binary, address }: PublishProgram, namespace: () => string, exits: Exits): Sender {
  return async ({ topic, event }) => {
    const command = [binary, '--address', address, 'publish', '--topic', topic, '--namespace', namespace()];
    const stdio = [Buffer.from(Any.encode(event)), 'ignore', 'ignore'] as const;
    const child = Bun.spawn(command, { stdio, timeout: publishTimeout, killSignal: 'SIGKILL' });
    const release = exits.foreign(child.pid);
    const code = await child.exited.finally(release);
    if (code !== 0) throw new Error(`${binary} publish: exit status ${code}`);
  };
}
