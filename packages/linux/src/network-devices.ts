/** Network devices over rtnetlink(7): found by name, moved to another network namespace with their addresses. */
import { closeFile } from './disk.ts';
import { Errno } from './errno.ts';
import { SyscallError, syscall } from './syscall.ts';

const Type = { error: 2, done: 3, newLink: 16, getLink: 18, newAddress: 20, getAddress: 22 } as const;
const Flag = { request: 1, acknowledge: 4, dump: 0x300, exclusive: 0x200, create: 0x400 } as const;
const LinkAttribute = { name: 3, namespace: 28 } as const;
const AddressAttribute = { address: 1, local: 2, flags: 8 } as const;
/** The device is up (netdevice(7)). */
const iffUp = 1;
/** An address that somebody has set, and that is good everywhere: what makes sense in another network. */
const [permanent, everywhere] = [0x80, 0];
const headerBytes = 16;
const linkBytes = 16;
const addressBytes = 8;

interface Address {
  readonly family: number;
  readonly prefix: number;
  readonly attributes: ReadonlyMap<number, Buffer>;
}

/**
 * Moves a device of this network namespace to another one, given by a descriptor, under a new name. It is down on its way, as
 * the kernel wants it, and takes its global addresses along. Throws {@link SyscallError} that names the step.
 */
export function moveNetworkDevice(name: string, namespace: number, newName: string): void {
  const here = new Netlink();
  try {
    const index = here.indexOf(name);
    const addresses = here.addressesOf(index, name);
    here.setUp(index, false, `set link ${name} down`);
    here.move(index, namespace, newName, `move network device ${name} to its network namespace`);
    const there = inNamespace(namespace, () => new Netlink());
    try {
      const moved = there.indexOf(newName);
      for (const address of addresses) there.addAddress(moved, address, `set up an address of ${newName}`);
      there.setUp(moved, true, `set link ${newName} up`);
    } finally {
      there.close();
    }
  } finally {
    here.close();
  }
}

/** Does something in another network namespace: a socket stays in the one that it was made in. */
function inNamespace<T>(namespace: number, action: () => T): T {
  const newNet = 0x40000000;
  const own = syscall('openat', [-100, '/proc/thread-self/ns/net', 0o2000000, 0], 'open the own network namespace');
  try {
    syscall('setns', [namespace, newNet], 'join the network namespace');
    try {
      return action();
    } finally {
      syscall('setns', [own, newNet], 'go back to the own network namespace');
    }
  } finally {
    closeFile(own);
  }
}

/** A socket to the kernel's network configuration. */
class Netlink {
  readonly #socket: number;

  constructor() {
    const [netlink, raw, cloexec] = [16, 3, 0o2000000];
    this.#socket = syscall('socket', [netlink, raw | cloexec, 0], 'netlink socket');
  }

  indexOf(name: string): number {
    const body = Buffer.concat([Buffer.alloc(linkBytes), attribute(LinkAttribute.name, text(name))]);
    const [link] = this.#ask(Type.getLink, Flag.acknowledge, body, `link not found for interface ${name}`);
    if (link === undefined) throw new SyscallError(`link not found for interface ${name}`, Errno.ENODEV);
    return link.readInt32LE(4);
  }

  addressesOf(index: number, name: string): Address[] {
    const answers = this.#ask(Type.getAddress, Flag.dump, Buffer.alloc(addressBytes), `get ip addresses of ${name}`);
    return answers
      .filter((each) => each.readUInt32LE(4) === index && each[3] === everywhere)
      .map((each) => ({ family: each[0]!, prefix: each[1]!, flags: each[2]!, attributes: attributesOf(each) }))
      .filter(
        ({ flags, attributes }) => (attributes.get(AddressAttribute.flags)?.readUInt32LE(0) ?? flags) & permanent,
      );
  }

  addAddress(index: number, { family, prefix, attributes }: Address, op: string): void {
    const message = Buffer.alloc(addressBytes);
    message.set([family, prefix, 0, everywhere]);
    message.writeUInt32LE(index, 4);
    const kept = [AddressAttribute.local, AddressAttribute.address].flatMap((type) => {
      const value = attributes.get(type);
      return value ? [attribute(type, value)] : [];
    });
    this.#ask(Type.newAddress, Flag.acknowledge | Flag.create | Flag.exclusive, Buffer.concat([message, ...kept]), op);
  }

  setUp(index: number, up: boolean, op: string): void {
    this.#ask(Type.newLink, Flag.acknowledge, link(index, up ? iffUp : 0, iffUp), op);
  }

  move(index: number, namespace: number, name: string, op: string): void {
    const descriptor = Buffer.alloc(4);
    descriptor.writeUInt32LE(namespace);
    const body = [
      link(index, 0, 0),
      attribute(LinkAttribute.name, text(name)),
      attribute(LinkAttribute.namespace, descriptor),
    ];
    this.#ask(Type.newLink, Flag.acknowledge, Buffer.concat(body), op);
  }

  close(): void {
    closeFile(this.#socket);
  }

  /** Sends a request; answers the bodies of what the kernel answers, up to its acknowledgement or the end of the list. */
  #ask(type: number, flags: number, body: Buffer, op: string): Buffer[] {
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(headerBytes + body.length, 0);
    header.writeUInt16LE(type, 4);
    header.writeUInt16LE(Flag.request | flags, 6);
    const message = Buffer.concat([header, body]);
    const kernel = Buffer.alloc(12);
    kernel.writeUInt16LE(16, 0);
    syscall('sendto', [this.#socket, message, message.length, 0, kernel, kernel.length], op);
    const answers: Buffer[] = [];
    for (;;) {
      const buffer = Buffer.alloc(65536);
      const length = syscall('recvfrom', [this.#socket, buffer, buffer.length, 0, null, null], op);
      for (let at = 0; at < length; at += aligned(buffer.readUInt32LE(at))) {
        const kind = buffer.readUInt16LE(at + 4);
        if (kind === Type.done) return answers;
        if (kind === Type.error) {
          const errno = -buffer.readInt32LE(at + headerBytes);
          if (errno !== 0) throw new SyscallError(op, errno);
          return answers;
        }
        answers.push(buffer.subarray(at + headerBytes, at + buffer.readUInt32LE(at)));
      }
    }
  }
}

/** `struct ifinfomsg`: which flags of a device shall be what. */
function link(index: number, flags: number, change: number): Buffer {
  const message = Buffer.alloc(linkBytes);
  message.writeInt32LE(index, 4);
  message.writeUInt32LE(flags, 8);
  message.writeUInt32LE(change, 12);
  return message;
}

function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(aligned(4 + value.length));
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

/** The attributes of an address, by type. */
function attributesOf(message: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = addressBytes; at + 4 <= message.length; at += aligned(message.readUInt16LE(at)))
    found.set(message.readUInt16LE(at + 2), message.subarray(at + 4, at + message.readUInt16LE(at)));
  return found;
}

function aligned(length: number): number {
  return Math.ceil(length / 4) * 4;
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}
