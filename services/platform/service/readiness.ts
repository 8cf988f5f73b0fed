import type { HealthState } from "../health/health.ts";
import type { Logger } from "../observe/log.ts";

const intervalMs = 1_000;

/** Asks every second whether the service can serve, and logs when that changes. */
export function watchReadiness(
  notReady: () => Promise<readonly string[]>,
  health: HealthState,
  log: Logger,
): { readonly firstCheck: Promise<void>; stop(): void } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const check = async () => {
    const reasons = await notReady().catch((error: unknown) => [String((error as Error)?.message ?? error)]);
    if (stopped) return;
    if (reasons.join() !== health.notReadyReasons().join()) {
      health.setNotReadyReasons(reasons);
      if (reasons.length === 0) log.info("ready");
      else log.warn({ reasons }, `not ready: ${reasons.join("; ")}`);
    }
    timer = setTimeout(check, intervalMs);
  };
  return {
    firstCheck: check(),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
