// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any, Empty } from './google.ts';

export interface TransferRequest {
  source: Any | undefined;
  destination: Any | undefined;
  options: TransferOptions | undefined;
}
export const TransferRequest: Codec<TransferRequest> = message<TransferRequest>('containerd.services.transfer.v1.TransferRequest', [
  [1, 'source', () => Any],
  [2, 'destination', () => Any],
  [3, 'options', () => TransferOptions],
]);

export interface TransferOptions {
  progressStream: string;
}
export const TransferOptions: Codec<TransferOptions> = message<TransferOptions>('containerd.services.transfer.v1.TransferOptions', [
  [1, 'progressStream', 'string'],
]);

export const Transfer = {
  name: 'containerd.services.transfer.v1.Transfer',
  methods: {
    transfer: { name: 'Transfer', request: TransferRequest, response: Empty, requestStream: false, responseStream: false },
  },
} as const;
