// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';

export interface Options {
  typeUrl: string;
  configPath: string;
}
export const Options: Codec<Options> = message<Options>('runtimeoptions.v1.Options', [
  [1, 'typeUrl', 'string'],
  [2, 'configPath', 'string'],
]);
