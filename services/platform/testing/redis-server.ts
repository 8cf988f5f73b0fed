/**
 * Redis servers for tests: each one private, on a unix socket in a fresh temporary folder, gone with the test.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "./free-port.ts";
import { findTestServer } from "./named-server.ts";
import { type RedisProcess, type RedisSettings, startRedisProcess } from "./redis-process.ts";

/** How a test's server differs from the usual one. */
export interface TestRedisOptions {
  /** Also listen on a free TCP port of 127.0.0.1; `url` then names that port. Default false. */
  port?: boolean;
  /** Redis directives that replace or extend the defaults, e.g. `{ maxmemory: "3mb" }`. */
  settings?: RedisSettings;
  /** Path of the server binary. Default: what `findTestServer` finds. */
  binary?: string;
}

/** A running server of a test. */
export interface TestRedis extends AsyncDisposable {
  /** `unix:///…/redis.sock`, or `redis://127.0.0.1:<port>` if a port was asked for. */
  readonly url: string;
  readonly socketPath: string;
  /** The TCP port, if one was asked for. */
  readonly port: number | undefined;
  /** Process id; another one after `restart`. */
  readonly pid: number;
  /** Ends the server and deletes its data. May be called twice. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays for `restart`. Resolves when the process has ended. */
  kill(): Promise<void>;
  /** Ends the server gently unless it is already dead, and starts it on the same data and address. */
  restart(): Promise<void>;
}

/** As in production, except that fsync is left to the system: tests fear killed processes, not power cuts. */
const testSettings: RedisSettings = {
  port: "0",
  unixsocketperm: "700",
  save: "",
  appendonly: "yes",
  appendfsync: "no",
  maxmemory: "256mb",
  "maxmemory-policy": "noeviction",
};

const stopGraceMs = 5_000;
const readyWithinMs = 60_000;

/**
 * Starts a server and waits until it answers.
 *
 * @throws Error with the server's last log lines if it does not start, or a hint if there is no server.
 */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const binary = options.binary ?? findTestServer();
  const folder = mkdtempSync(join(tmpdir(), "holdfast-redis-"));
  const socketPath = join(folder, "redis.sock");
  const port = options.port ? await findFreePort() : undefined;
  const settings = {
    ...testSettings,
    dir: folder,
    unixsocket: socketPath,
    ...(port === undefined ? {} : { port: String(port), bind: "127.0.0.1" }),
    ...options.settings,
  };
  const start = (): Promise<RedisProcess> =>
    startRedisProcess({ binary, settings, readyWithinMs, deleteOnParentLoss: folder });
  let server: RedisProcess;
  try {
    server = await start();
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }

  const stop = async (): Promise<void> => {
    await server.terminate(stopGraceMs);
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    url: port === undefined ? `unix://${socketPath}` : `redis://127.0.0.1:${port}`,
    socketPath,
    port,
    get pid() {
      return server.pid;
    },
    stop,
    async kill() {
      server.signal("SIGKILL");
      await server.waitForExit();
    },
    async restart() {
      await server.terminate(stopGraceMs);
      server = await start();
    },
    [Symbol.asyncDispose]: stop,
  };
}
