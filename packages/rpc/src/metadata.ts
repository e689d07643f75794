/** The metadata keys of containerd's protocols, and what a handler learns from them. */
import type { CallContext } from './service.ts';

/** Header of a gRPC call that names the namespace. */
export const namespaceKey = 'containerd-namespace';
/** Key of a ttrpc call that names the namespace. */
export const ttrpcNamespaceKey = 'containerd-namespace-ttrpc';
/** Header that names the lease which gets what the call creates. */
export const leaseKey = 'containerd-lease';
/** W3C trace context. */
export const traceKey = 'traceparent';

/** The context of a call from its metadata. */
export function contextOf(metadata: Readonly<Record<string, string>>, signal: AbortSignal): CallContext {
  return {
    namespace: metadata[namespaceKey] ?? metadata[ttrpcNamespaceKey],
    lease: metadata[leaseKey],
    metadata,
    signal,
  };
}
