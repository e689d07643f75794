// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Empty } from './google.ts';

export interface AssignRequest {
  namespace: string;
  id: string;
  bundle: string;
}
export const AssignRequest: Codec<AssignRequest> = message<AssignRequest>('drydock.shim.v1.AssignRequest', [
  [1, 'namespace', 'string'],
  [2, 'id', 'string'],
  [3, 'bundle', 'string'],
]);

export const Shim = {
  name: 'drydock.shim.v1.Shim',
  methods: {
    assign: { name: 'Assign', request: AssignRequest, response: Empty, requestStream: false, responseStream: false },
  },
} as const;
