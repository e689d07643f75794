/** What every command needs: the supervisor's services in one namespace. */
import { Containers } from '@drydock/rpc/generated/containers';
import { Content } from '@drydock/rpc/generated/content';
import { Diff } from '@drydock/rpc/generated/diff';
import { Events } from '@drydock/rpc/generated/events';
import { Images } from '@drydock/rpc/generated/images';
import { Introspection } from '@drydock/rpc/generated/introspection';
import { Leases } from '@drydock/rpc/generated/leases';
import { Namespaces } from '@drydock/rpc/generated/namespaces';
import { Snapshots } from '@drydock/rpc/generated/snapshots';
import { Streaming } from '@drydock/rpc/generated/streaming';
import { Tasks } from '@drydock/rpc/generated/tasks';
import { Transfer } from '@drydock/rpc/generated/transfer';
import { Version } from '@drydock/rpc/generated/version';
import { connect, type GrpcChannel, type GrpcClientOptions, grpcClient } from '@drydock/rpc/grpc-client';
import type { Client, Service } from '@drydock/rpc/service';

/** Global options, as yargs gives them to each command. */
export interface GlobalOptions {
  readonly address: string;
  readonly namespace: string;
  /** Seconds to connect in. */
  readonly connectTimeout?: number | undefined;
}

/** Clients of the services. Each is made when it is asked for. */
export class Supervisor {
  readonly channel: GrpcChannel;
  readonly namespace: string;
  readonly #options: GrpcClientOptions;

  constructor({ address, namespace }: GlobalOptions, lease?: string, channel = connect(address)) {
    this.channel = channel;
    this.namespace = namespace;
    this.#options = { namespace, ...(lease === undefined ? {} : { lease }) };
  }

  get version() {
    return this.#client(Version);
  }
  get introspection() {
    return this.#client(Introspection);
  }
  get namespaces() {
    return this.#client(Namespaces);
  }
  get content() {
    return this.#client(Content);
  }
  get images() {
    return this.#client(Images);
  }
  get snapshots() {
    return this.#client(Snapshots);
  }
  get diff() {
    return this.#client(Diff);
  }
  get containers() {
    return this.#client(Containers);
  }
  get tasks() {
    return this.#client(Tasks);
  }
  get events() {
    return this.#client(Events);
  }
  get transfer() {
    return this.#client(Transfer);
  }
  get streaming() {
    return this.#client(Streaming);
  }
  get leases() {
    return this.#client(Leases);
  }

  /** The same services; what they make is held by a lease. */
  under(lease: string): Supervisor {
    return new Supervisor({ address: '', namespace: this.namespace }, lease, this.channel);
  }

  /** Runs an action under a lease of a day, so that nothing it makes is collected before it is done. */
  async withLease<T>(action: (leased: Supervisor) => Promise<T>): Promise<T> {
    const expire = new Date(Date.now() + 24 * 3600 * 1000).toISOString();
    const { lease } = await this.leases.create({ labels: { 'containerd.io/gc.expire': expire } });
    const id = lease?.id ?? '';
    try {
      return await action(this.under(id));
    } finally {
      await this.leases.delete({ id });
    }
  }

  #client<S extends Service>(service: S): Client<S> {
    return grpcClient(service, this.channel, this.#options);
  }
}

/** Connects, runs a command, and closes the connection. */
export async function withSupervisor(
  options: GlobalOptions,
  action: (supervisor: Supervisor) => Promise<void>,
): Promise<void> {
  const supervisor = new Supervisor(options);
  try {
    await supervisor.channel.waitForReady((options.connectTimeout || connectTimeout) * 1000);
    await action(supervisor);
  } finally {
    supervisor.channel.close();
  }
}

/** Seconds to connect in, where nobody says otherwise. */
const connectTimeout = 10;
