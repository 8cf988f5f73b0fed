/**
 * Finds the Redis or Valkey server that tests and the local stack start.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join, resolve } from "node:path";

const repositoryFolder = resolve(import.meta.dirname, "../../..");

/** Where `tools/local/fetch-redis.ts` lays the server it fetches. */
export const fetchedRedisServerPath: string = join(repositoryFolder, ".data/redis/bin/redis-server");

const serverNames = ["redis-server", "valkey-server"] as const;

/** Oldest major version by product: Redis 7.0 brought functions, Valkey 8 is the first that is tested. */
const oldestMajorVersion: Readonly<Record<string, number>> = { redis: 7, valkey: 8 };

/** What `redis-server --version` says about a server. */
export interface RedisServerVersion {
  product: "redis" | "valkey";
  /** Dotted version, e.g. `7.0.15`. */
  version: string;
}

/** Where to look; each defaults to what this process and this checkout have. */
export interface RedisSearch {
  environment?: NodeJS.ProcessEnv;
  /** Absolute path of the fetched server. */
  fetchedPath?: string;
}

/**
 * The absolute path of a usable server: `REDIS_SERVER` of the environment, else the fetched one, else the
 * first on PATH; undefined if there is none. Servers on PATH that are too old are passed over.
 *
 * @throws Error if `REDIS_SERVER` is set to something that is not a usable server: an explicit choice is
 * never replaced silently.
 */
export function findRedisServer(search: RedisSearch = {}): string | undefined {
  const environment = search.environment ?? process.env;
  const chosen = environment.REDIS_SERVER;
  if (chosen !== undefined && chosen !== "") {
    const path = resolve(chosen);
    if (!isUsable(path)) {
      throw new Error(`REDIS_SERVER=${chosen} is not a Redis ≥ 7.0 or Valkey ≥ 8 server`);
    }
    return path;
  }
  return redisServerCandidates(search).find(isUsable);
}

/** The paths that are tried when `REDIS_SERVER` is unset, best first; they need not exist. */
export function redisServerCandidates(search: RedisSearch = {}): string[] {
  const environment = search.environment ?? process.env;
  const folders = (environment.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const onPath = serverNames.flatMap((name) => folders.map((folder) => resolve(folder, name)));
  return [search.fetchedPath ?? fetchedRedisServerPath, ...onPath];
}

/** Asks a server binary for its product and version; undefined if it is no server or does not start. */
export function readRedisServerVersion(path: string): RedisServerVersion | undefined {
  const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8", timeout: 10_000 });
  return status === 0 ? parseRedisServerVersion(stdout) : undefined;
}

/** Reads e.g. `Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=…`. */
export function parseRedisServerVersion(text: string): RedisServerVersion | undefined {
  const match = /^(redis|valkey) server v=(\d+(?:\.\d+)*)/i.exec(text.trim());
  if (match === null) {
    return undefined;
  }
  return { product: match[1]!.toLowerCase() as RedisServerVersion["product"], version: match[2]! };
}

/** Whether the ledger's functions run on this server. */
export function isSupportedVersion({ product, version }: RedisServerVersion): boolean {
  return Number.parseInt(version, 10) >= oldestMajorVersion[product]!;
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return false;
  }
  const version = readRedisServerVersion(path);
  return version !== undefined && isSupportedVersion(version);
}
