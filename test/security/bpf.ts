/** Classic BPF as seccomp uses it: the filters that a process really has, and what they answer to a call. */
import { Errno } from '../../packages/linux/src/errno.ts';
import { SyscallError, syscall, trySyscall } from '../../packages/linux/src/syscall.ts';

/** `struct sock_filter`, one after the other. */
export type Filter = Buffer;

/** What a filter sees: `struct seccomp_data`, without the place of the instruction. */
export interface Call {
  /** AUDIT_ARCH_… */
  readonly architecture: number;
  readonly number: number;
  readonly args: readonly bigint[];
}

const request = { detach: 17, seize: 0x4206, interrupt: 0x4207, filter: 0x420c };
const waitAll = 0x40000000;
const instructionBytes = 8;

/** The filters of a process, the last that was set first (ptrace(2), PTRACE_SECCOMP_GET_FILTER). Needs CAP_SYS_ADMIN. */
export function filtersOf(pid: number): Filter[] {
  syscall('ptrace', [request.seize, pid, 0, 0], `ptrace ${pid}`);
  try {
    syscall('ptrace', [request.interrupt, pid, 0, 0], `interrupt ${pid}`);
    syscall('wait4', [pid, Buffer.alloc(4), waitAll, null], `wait for ${pid} to stop`);
    const filters: Filter[] = [];
    for (;;) {
      const length = trySyscall('ptrace', request.filter, pid, filters.length, null);
      if (length === -Errno.ENOENT) return filters;
      if (length < 0) throw new SyscallError(`read filter ${filters.length} of ${pid}`, -length);
      const filter = Buffer.alloc(length * instructionBytes);
      syscall('ptrace', [request.filter, pid, filters.length, filter], `read filter ${filters.length} of ${pid}`);
      filters.push(filter);
    }
  } finally {
    syscall('ptrace', [request.detach, pid, 0, 0], `let go of ${pid}`);
  }
}

/** The answer to a call: SECCOMP_RET_… with its data. Throws for an instruction that the kernel does not let filters have. */
export function answer(filter: Filter, { architecture, number, args }: Call): number {
  const data = Buffer.alloc(64);
  data.writeInt32LE(number | 0, 0);
  data.writeUInt32LE(architecture, 4);
  for (const [index, value] of args.entries()) data.writeBigUInt64LE(value, 16 + index * 8);
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const base = at * instructionBytes;
    const code = filter.readUInt16LE(base);
    const [ifTrue, ifFalse] = [filter.readUInt8(base + 2), filter.readUInt8(base + 3)];
    const constant = filter.readUInt32LE(base + 4);
    const jump = (holds: boolean): void => {
      at += holds ? ifTrue : ifFalse;
    };
    switch (code) {
      case 0x20: // load a word
        accumulator = data.readUInt32LE(constant);
        break;
      case 0x54: // and
        accumulator = (accumulator & constant) >>> 0;
        break;
      case 0x05: // jump
        at += constant;
        break;
      case 0x15:
        jump(accumulator === constant);
        break;
      case 0x25:
        jump(accumulator > constant);
        break;
      case 0x35:
        jump(accumulator >= constant);
        break;
      case 0x45:
        jump((accumulator & constant) !== 0);
        break;
      case 0x06: // return
        return constant;
      default:
        throw new Error(`instruction ${at}: operation 0x${code.toString(16)}`);
    }
  }
}
