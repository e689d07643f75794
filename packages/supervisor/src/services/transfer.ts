/** containerd.services.transfer.v1.Transfer (containerd 2.0): images moved by the supervisor itself, on its own services. */
import { ignoreNotFound, RpcError } from '@drydock/rpc/errors';
import { Content } from '@drydock/rpc/generated/content';
import { Diff } from '@drydock/rpc/generated/diff';
import { Images } from '@drydock/rpc/generated/images';
import { Leases } from '@drydock/rpc/generated/leases';
import { Snapshots } from '@drydock/rpc/generated/snapshots';
import { Transfer } from '@drydock/rpc/generated/transfer';
import { localClient } from '@drydock/rpc/local-client';
import { type CallContext, type Implementation, implement, type Service } from '@drydock/rpc/service';
import { RegistryError } from '@drydock/transfer/registry/error';
import { namespaceOf } from '../metadata/identifiers.ts';
import type { Streams } from '../streams/streams.ts';
import { ProgressReport } from '../transfer/progress.ts';
import { transfer } from '../transfer/transfer.ts';

export interface TransferParts {
  /** The supervisor's services of images, under their names. */
  readonly implementations: readonly Implementation[];
  readonly streams: Streams;
  readonly snapshotter: string;
}

export function transferService({ implementations, streams, snapshotter }: TransferParts): Implementation {
  const implementationOf = (service: Service): Implementation => {
    const found = implementations.find((each) => each.service === service);
    if (found === undefined) throw new Error(`no implementation of ${service.name}`);
    return found;
  };
  const client = <S extends Service>(service: S, call: CallContext, lease: string) =>
    localClient(service, implementationOf(service), { namespace: namespaceOf(call), lease, signal: call.signal });
  return implement(Transfer, {
    transfer: async ({ source, destination, options }, call) => {
      if (source === undefined || destination === undefined)
        throw new RpcError('invalid argument', 'a source and a destination must be given: invalid argument');
      const namespace = namespaceOf(call);
      const stream = (name: string) => streams.get(namespace, name);
      const report = new ProgressReport(options?.progressStream ? stream(options.progressStream) : undefined);
      const leases = client(Leases, call, '');
      const lease = call.lease ?? (await createLease(leases));
      const services = {
        content: client(Content, call, lease),
        images: client(Images, call, lease),
        snapshots: client(Snapshots, call, lease),
        diff: client(Diff, call, lease),
      };
      try {
        await transfer({ services, report, snapshotter, stream, signal: call.signal }, source, destination);
        return {};
      } catch (error) {
        throw translate(error);
      } finally {
        report.close();
        // It may have been deleted by somebody else.
        if (call.lease === undefined) await leases.delete({ id: lease }).catch(ignoreNotFound);
      }
    },
  });
}

/** A lease of a day: what outlives a supervisor that is killed meanwhile goes then. */
async function createLease(leases: ReturnType<typeof localClient<typeof Leases>>): Promise<string> {
  const expire = new Date(Date.now() + 24 * 3600 * 1000).toISOString();
  const { lease } = await leases.create({ labels: { 'containerd.io/gc.expire': expire } });
  return lease?.id ?? '';
}

function translate(error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  const kinds = { 'not found': 'not found', cancelled: 'cancelled', unreachable: 'unavailable' } as const;
  const kind = kinds[error.kind as keyof typeof kinds] ?? 'unknown';
  return new RpcError(kind, error.message, { cause: error });
}
