// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';
import { Any } from './google.ts';

export interface Status {
  code: number;
  message: string;
  details: Any[];
}
export const Status: Codec<Status> = message<Status>('google.rpc.Status', [
  [1, 'code', 'int32'],
  [2, 'message', 'string'],
  [3, 'details', () => Any, 'repeated'],
]);
