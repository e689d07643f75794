/** systemd as the maker of cgroups: transient units over D-Bus (org.freedesktop.systemd1(5)). */
import { DbusConnection, DbusError } from '../../dbus/connection.ts';
import { exists } from '../../disk.ts';
import { syscall } from '../../syscall.ts';
import { flag, numbers, type Property, text } from './properties.ts';
import type { SystemdPlace } from './unit-names.ts';

/** Milliseconds that systemd may take for a job. */
const jobBudget = 30_000;

const manager = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;

export class Systemd {
  readonly #bus: DbusConnection;
  readonly #isBus: boolean;
  #subscribed = false;

  private constructor(bus: DbusConnection, isBus: boolean) {
    this.#bus = bus;
    this.#isBus = isBus;
  }

  /**
   * Connects to the machine's manager, or to the user's own: by its private socket, which needs no bus to be there, else by
   * the bus.
   */
  static open({ user, env }: { readonly user: boolean; readonly env: NodeJS.ProcessEnv }): Systemd {
    const own = `${env.XDG_RUNTIME_DIR ?? `/run/user/${syscall('geteuid', [])}`}`;
    const privateSocket = `${user ? own : '/run'}/systemd/private`;
    if (exists(privateSocket)) return new Systemd(DbusConnection.open(privateSocket, { bus: false }), false);
    const [, session] = /^unix:path=([^,;]*)/.exec(env.DBUS_SESSION_BUS_ADDRESS ?? '') ?? [];
    const bus = user ? (session ?? `${own}/bus`) : '/run/dbus/system_bus_socket';
    return new Systemd(DbusConnection.open(bus, { bus: true }), true);
  }

  /** The cgroup that the manager itself has, below which its units are. */
  controlGroup(): string {
    const [value] = this.#bus.call({
      ...manager,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      signature: 'ss',
      body: [manager.interface, 'ControlGroup'],
    });
    return String((value as { value: unknown }).value);
  }

  /** Makes a unit around a process. Throws if systemd refuses, or does not finish in 30 seconds. */
  start(place: SystemdPlace, pid: number, version: 1 | 2, own: readonly Property[]): void {
    const { unit, slice, name } = place;
    const parent: Property[] = unit.endsWith('.slice')
      ? [['Wants', { signature: 'as', value: [slice] }]]
      : [text('Slice', slice), flag('Delegate', true)];
    const properties = [
      text('Description', `container ${name}`),
      ...parent,
      numbers('PIDs', [pid]),
      ...[
        'MemoryAccounting',
        'CPUAccounting',
        version === 2 ? 'IOAccounting' : 'BlockIOAccounting',
        'TasksAccounting',
      ].map((each) => flag(each, true)),
      flag('DefaultDependencies', false),
      ...own,
    ];
    const call = () =>
      this.#job(unit, 'create', {
        member: 'StartTransientUnit',
        signature: 'ssa(sv)a(sa(sv))',
        body: [unit, 'replace', properties, []],
      });
    try {
      call();
    } catch (error) {
      // One that has failed stays until it is reset.
      if (!(error instanceof DbusError && error.errorName === 'org.freedesktop.systemd1.UnitExists')) throw error;
      this.resetFailed(unit);
      call();
    }
  }

  /** Changes limits until the next boot. */
  setProperties(unit: string, properties: readonly Property[]): void {
    this.#bus.call({
      ...manager,
      member: 'SetUnitProperties',
      signature: 'sba(sv)',
      body: [unit, true, properties],
    });
  }

  /** Ends a unit, if it is there. */
  stop(unit: string): void {
    try {
      this.#job(unit, 'remove', { member: 'StopUnit', signature: 'ss', body: [unit, 'replace'] });
    } catch (error) {
      // A scope goes when its last process does.
      if (!(error instanceof DbusError && error.errorName === 'org.freedesktop.systemd1.NoSuchUnit')) throw error;
    }
  }

  /** Forgets that a unit has failed. */
  resetFailed(unit: string): void {
    try {
      this.#bus.call({ ...manager, member: 'ResetFailedUnit', signature: 's', body: [unit] });
    } catch (error) {
      if (!(error instanceof DbusError)) throw error;
    }
  }

  close(): void {
    this.#bus.close();
  }

  /** Asks for signals: of systemd to send them, of a bus to hand them on. */
  #subscribe(): void {
    if (this.#subscribed) return;
    if (this.#isBus) {
      const match = `type='signal',interface='${manager.interface}',member='JobRemoved'`;
      const path = '/org/freedesktop/DBus';
      const [destination, interface_] = ['org.freedesktop.DBus', 'org.freedesktop.DBus'];
      this.#bus.call({ destination, path, interface: interface_, member: 'AddMatch', signature: 's', body: [match] });
    }
    this.#bus.call({ ...manager, member: 'Subscribe' });
    this.#subscribed = true;
  }

  /** Makes a call that begins a job, and waits for the job's end. */
  #job(unit: string, verb: string, call: { member: string; signature: string; body: readonly unknown[] }): void {
    this.#subscribe();
    const [job] = this.#bus.call({ ...manager, ...call });
    const removed = this.#bus.signal(({ member, body }) => member === 'JobRemoved' && body[1] === job, jobBudget);
    if (removed === undefined) {
      this.resetFailed(unit);
      throw new Error(`Timeout waiting for systemd to ${verb} ${unit} (${jobBudget / 1000} s)`);
    }
    const result = String(removed.body[3]);
    if (result === 'done') return;
    this.resetFailed(unit);
    throw new Error(`error ${verb === 'create' ? 'creating' : 'removing'} systemd unit \`${unit}\`: got \`${result}\``);
  }
}
