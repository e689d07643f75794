/** grpc.health.v1.Health: a supervisor that answers serves. */
import { Health, HealthCheckResponseServingStatus } from '@drydock/rpc/generated/health';
import { type Implementation, implement } from '@drydock/rpc/service';

export function healthService(): Implementation {
  const status = HealthCheckResponseServingStatus.SERVING;
  return implement(Health, {
    check: () => ({ status }),
    async *watch(_, { signal }) {
      yield { status };
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  });
}
