/**
 * How each part of a local stack is started and kept running.
 */
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { forEachLine } from "#platform/testing/for-each-line.ts";
import { type RedisSettings, startRedisProcess } from "#platform/testing/redis-process.ts";
import { spawnTethered } from "#platform/testing/tethered-process.ts";
import { ensureRedisServer } from "./fetch-redis.ts";
import type { ServiceName } from "./ports.ts";
import { SupervisedProcess } from "./supervised-process.ts";

/** What all parts have in common. */
export interface PartOptions {
  restartOnCrash: boolean;
  /** Receives each line that the part logs, and a sentence when it ends unexpectedly. */
  report: (line: string) => void;
}

const repositoryFolder = resolve(import.meta.dirname, "../..");
const stopGraceMs = 10_000;
const redisReadyWithinMs = 30_000;

/** Of Redis' log, what a developer should see; it marks warnings with #, and routine events as well. */
const redisTrouble = / # .*(warning|error|fatal|fail|corrupt|misconf|can't|oom)/i;

/** Durable as in production: every acknowledged write is on disk, and nothing is ever evicted. */
const redisDefaults: RedisSettings = {
  bind: "127.0.0.1",
  save: "",
  appendonly: "yes",
  appendfsync: "always",
  maxmemory: "512mb",
  "maxmemory-policy": "noeviction",
};

/** The stack's own Redis with its data in `folder`; found or fetched when it starts. */
export function superviseRedis(
  folder: string,
  own: RedisSettings,
  { restartOnCrash, report }: PartOptions,
): SupervisedProcess {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return new SupervisedProcess({
    start: async () =>
      startRedisProcess({
        binary: await ensureRedisServer(report),
        settings: { ...redisDefaults, dir: folder, ...own },
        readyWithinMs: redisReadyWithinMs,
        onParentLoss: "terminate",
        onLine: (line) => void (redisTrouble.test(line) && report(line)),
      }),
    stopGraceMs,
    restartOnCrash,
    onEvent: report,
  });
}

/**
 * The command that runs a service as it is in this checkout, or as it was joined by `bundle-services.ts` into the folder
 * that BUNDLED_SERVICES names.
 */
export function serviceCommand(service: ServiceName): readonly [command: string, ...parameters: string[]] {
  const { BUNDLED_SERVICES: folder } = process.env;
  const program = folder
    ? join(folder, `${service}.mjs`)
    : join(repositoryFolder, "services", service, "main.ts");
  return [process.execPath, program];
}

/** A service as a child process. */
export function superviseService(
  [command, ...parameters]: readonly [command: string, ...parameters: string[]],
  environment: NodeJS.ProcessEnv,
  { restartOnCrash, report }: PartOptions,
): SupervisedProcess {
  return new SupervisedProcess({
    start: () => {
      const child = spawnTethered(command, parameters, {
        cwd: repositoryFolder,
        environment,
        onParentLoss: "terminate",
      });
      forEachLine(child.stdout, report);
      forEachLine(child.stderr, report);
      return child;
    },
    stopGraceMs,
    restartOnCrash,
    onEvent: report,
  });
}
