// Generated from protos/ by scripts/generate.ts. Do not edit.
import { type Codec, message } from '../codec.ts';

export interface HealthCheckRequest {
  service: string;
}
export const HealthCheckRequest: Codec<HealthCheckRequest> = message<HealthCheckRequest>('grpc.health.v1.HealthCheckRequest', [
  [1, 'service', 'string'],
]);

export const HealthCheckResponseServingStatus = {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
  SERVICE_UNKNOWN: 3,
} as const;

export interface HealthCheckResponse {
  status: number;
}
export const HealthCheckResponse: Codec<HealthCheckResponse> = message<HealthCheckResponse>('grpc.health.v1.HealthCheckResponse', [
  [1, 'status', 'int32'],
]);

export const Health = {
  name: 'grpc.health.v1.Health',
  methods: {
    check: { name: 'Check', request: HealthCheckRequest, response: HealthCheckResponse, requestStream: false, responseStream: false },
    watch: { name: 'Watch', request: HealthCheckRequest, response: HealthCheckResponse, requestStream: false, responseStream: true },
  },
} as const;
