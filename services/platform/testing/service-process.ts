import { resolve } from "node:path";
import { eventually } from "./eventually.ts";
import { forEachLine } from "./for-each-line.ts";
import { patientRedisMs } from "./test-redis.ts";
import { type ProcessExit, spawnTethered } from "./tethered-process.ts";

/** A service as it runs in production: a process of its own. */
export interface ServiceProcess {
  readonly pid: number;
  /** Everything that it wrote so far, line by line. */
  readonly lines: readonly string[];
  /**
   * The port that a door reported; `rpc` is the service's own, others are named by the log line. Waits for it.
   *
   * @throws Error with the last lines of the log if the process ended or does not report in time.
   */
  port(door?: string): Promise<number>;
  /** Sends a signal; does nothing once the process has ended. */
  signal(signal: NodeJS.Signals): void;
  waitForExit(): Promise<ProcessExit>;
  /** SIGTERM; resolves when the process has ended. */
  stop(): Promise<ProcessExit>;
}

const servicesFolder = resolve(import.meta.dirname, "../..");
/** A start takes 2 s alone; on a machine that runs many at once it may take a minute. */
const startedWithinMs = 120_000;
/** More than a service gives to calls under way, also on a machine that runs many. */
const stopGraceMs = 60_000;

/** Starts `services/<name>/main.ts` with exactly this environment, besides PATH, JSON logs and patience with Redis. */
export function startServiceProcess(
  name: string,
  environment: Readonly<Record<string, string>>,
): ServiceProcess {
  const child = spawnTethered(process.execPath, [resolve(servicesFolder, name, "main.ts")], {
    environment: {
      PATH: process.env.PATH,
      LOG_FORMAT: "json",
      REDIS_TIMEOUT_MS: String(patientRedisMs),
      ...environment,
    },
    onParentLoss: "kill",
  });
  const lines: string[] = [];
  const ports = new Map<string, number>();
  forEachLine(child.stderr, (line) => lines.push(line));
  forEachLine(child.stdout, (line) => {
    lines.push(line);
    const { port, door = "rpc" } = parseLogLine(line);
    if (typeof port === "number" && typeof door === "string") ports.set(door, port);
  });
  return {
    pid: child.pid,
    lines,
    port: async (door = "rpc") => {
      await eventually(() => {
        if (!ports.has(door) && child.isRunning()) throw notReported(name, door, lines);
      }, startedWithinMs);
      const port = ports.get(door);
      if (port === undefined) throw notReported(name, door, lines);
      return port;
    },
    signal: child.signal,
    waitForExit: child.waitForExit,
    stop: () => child.terminate(stopGraceMs),
  };
}

function notReported(name: string, door: string, lines: readonly string[]): Error {
  return new Error(`${name} reported no port for ${door}; its last lines:\n${lines.slice(-10).join("\n")}`);
}

function parseLogLine(line: string): { port?: unknown; door?: unknown } {
  try {
    return JSON.parse(line) as { port?: unknown; door?: unknown };
  } catch {
    return {};
  }
}
