import cluster from "node:cluster";
import { readFileSync } from "node:fs";
import closeWithGrace, { type Signals } from "close-with-grace";
import type { Static, TObject } from "typebox";
import { ConfigError, loadConfig } from "../config/load-config.ts";
import { createLogger, type Logger } from "../observe/log.ts";
import { createMetrics, type Metrics } from "../observe/metrics.ts";
import { startOpenTelemetry } from "../observe/open-telemetry.ts";
import { connectRedis, type Redis } from "../redis/redis.ts";
import { workerPlaceVariable } from "./worker-messages.ts";
import { shareMetrics } from "./worker-metrics.ts";
import { keepWorkers, stopWhenTold } from "./workers.ts";

/** What a service has in its hands when it begins. */
export interface StartContext<S extends TObject> {
  readonly name: string;
  readonly version: string;
  readonly settings: Static<S>;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly redis: Redis;
}

/** Settings that starting needs, whatever the service. */
interface StartSettings {
  readonly LOG_LEVEL: string;
  readonly LOG_FORMAT: string;
  readonly REDIS_URL: string;
  readonly REDIS_CLUSTER: boolean;
  readonly REDIS_TIMEOUT_MS: number;
  readonly SHUTDOWN_GRACE_MS: number;
  readonly WORKERS: number;
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string;
}

/** Longest wait for Redis at start; the process then ends and whoever started it decides. */
const redisStartMs = 30_000;
/** Time beyond the grace for closing what is left. */
const exitMarginMs = 2_000;

/**
 * The life of a service process, of which there may be several (WORKERS): settings, logger, Redis, then the service itself, and on SIGTERM or SIGINT
 * its orderly end. A fault at start is said in one readable line and ends the process with code 1.
 */
export async function start<S extends TObject>(
  name: string,
  schema: S,
  wire: (context: StartContext<S>) => Promise<{ stop(): Promise<void> }>,
): Promise<void> {
  try {
    const settings = loadConfig(schema, process.env);
    const common = settings as unknown as StartSettings;
    const log = createLogger({ service: name, level: common.LOG_LEVEL, format: common.LOG_FORMAT });
    if (common.WORKERS > 1 && cluster.isPrimary) {
      const stopWithinMs = common.SHUTDOWN_GRACE_MS + 2 * exitMarginMs;
      keepWorkers({ count: common.WORKERS, stopWithinMs, log });
      return;
    }
    await startOpenTelemetry(common.OTEL_EXPORTER_OTLP_ENDPOINT, name);
    const redis = await connectPatiently(common, name, log);
    const running = await wire({
      name,
      version: softwareVersion(),
      settings,
      log,
      metrics: metricsOf(name),
      redis,
    });
    const delay = common.SHUTDOWN_GRACE_MS + exitMarginMs;
    const skip: Signals[] = cluster.isWorker ? ["SIGINT", "SIGTERM"] : [];
    const closing = closeWithGrace({ delay, logger: false, skip }, async ({ err }) => {
      if (err) log.fatal({ err }, "stopping after an uncaught error");
      await running.stop();
      await redis.close();
    });
    if (cluster.isWorker) stopWhenTold(() => void closing.close());
  } catch (error) {
    process.stderr.write(
      `holdfast ${name} cannot start: ${error instanceof ConfigError ? error.message : describe(error)}\n`,
    );
    process.exit(1);
  }
}

/** The metrics of a process; those of a worker show with those of the others. */
function metricsOf(name: string): Metrics {
  return cluster.isWorker
    ? shareMetrics(createMetrics(name, process.env[workerPlaceVariable]))
    : createMetrics(name);
}

/** The version of the software, from package.json. */
export function softwareVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

async function connectPatiently(settings: StartSettings, service: string, log: Logger): Promise<Redis> {
  let lastFault = "";
  const options = {
    urls: settings.REDIS_URL.split(",").map((url) => url.trim()),
    cluster: settings.REDIS_CLUSTER,
    commandTimeoutMs: settings.REDIS_TIMEOUT_MS,
    name: `holdfast-${service}`,
    onError: (error: Error) => {
      lastFault = error.message;
      log.warn({ err: lastFault }, "the connection to Redis failed");
    },
  };
  const late = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error(`Redis did not answer within ${redisStartMs / 1_000} s: ${lastFault}`)),
      redisStartMs,
    ).unref();
  });
  return Promise.race([connectRedis(options), late]);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error.message}${cause}`;
}
