/** Sockets that only their owner and group may connect to, from the moment they exist. */

/** The mode of containerd's sockets, as a mask: 0660. */
const mask = 0o117;

/** Runs `listen`, which makes a socket before it first waits. */
export function withSocketMode<T>(listen: () => T): T {
  const before = process.umask(mask);
  try {
    return listen();
  } finally {
    process.umask(before);
  }
}
