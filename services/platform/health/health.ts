import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "#gen/grpc/health/v1/health_pb.ts";
import { CommonError } from "../errors/common-error.ts";
import { openRoutesOf, type ServiceRoutes } from "../rpc/handlers.ts";

/** Whether the server and its services take calls, for `grpc.health.v1` and for the pages over HTTP. */
export interface HealthState {
  /** Why the server is not ready, in words; empty when it is. */
  notReadyReasons(): readonly string[];
  /** Sets the reasons; watchers are told of a change. */
  setNotReadyReasons(reasons: readonly string[]): void;
  readonly routes: ServiceRoutes;
}

const shownNameLength = 200;

/** Health of the given services; they begin as not serving. */
export function createHealthState(serviceNames: readonly string[]): HealthState {
  let reasons: readonly string[] = ["starting"];
  const names = new Set(["", ...serviceNames]);
  const wakeUps = new Set<() => void>();
  const statusOf = (name: string) => {
    if (!names.has(name)) return undefined;
    return reasons.length === 0 ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };
  const changed = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        wakeUps.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      wakeUps.add(wake);
      signal.addEventListener("abort", wake);
      if (signal.aborted) wake();
    });
  return {
    notReadyReasons: () => reasons,
    setNotReadyReasons(next) {
      reasons = next;
      for (const wake of [...wakeUps]) wake();
    },
    routes: openRoutesOf(Health, {
      check: ({ service }) => {
        const status = statusOf(service);
        if (status === undefined) {
          const shown = service.slice(0, shownNameLength);
          throw new CommonError("SERVICE_UNKNOWN", `${JSON.stringify(shown)} is not served here`, {
            metadata: { service: shown },
          });
        }
        return { status };
      },
      list: () => ({
        statuses: Object.fromEntries(
          [...names].map((name) => [name, { status: statusOf(name) ?? ServingStatus.UNKNOWN }]),
        ),
      }),
      async *watch({ service }, call) {
        let last: ServingStatus | undefined;
        while (!call.signal.aborted) {
          const status = statusOf(service) ?? ServingStatus.SERVICE_UNKNOWN;
          if (status === last) await changed(call.signal);
          else yield { status };
          last = status;
        }
      },
    }),
  };
}
