/**
 * Servers that tests ask for by name, beside the one that this checkout uses: what the ledger is promised to
 * run on, it is tested on.
 */
import { join, resolve } from "node:path";
import { findRedisServer, type RedisServerVersion, readRedisServerVersion } from "./redis-binary.ts";

const repositoryFolder = resolve(import.meta.dirname, "../../..");

/** What a name stands for. */
export interface NamedServer {
  readonly product: RedisServerVersion["product"];
  readonly majorVersion: number;
  /** Variable of the environment that may name another binary. */
  readonly variable: string;
  /** Where `tools/local/fetch-test-servers.ts` lays the server. */
  readonly fetchedPath: string;
}

const fetchedFolder = join(repositoryFolder, ".data/test-servers");

/** The servers by the name that `TEST_REDIS` takes. */
export const namedServers = {
  "redis-8": {
    product: "redis",
    majorVersion: 8,
    variable: "REDIS_8_SERVER",
    fetchedPath: join(fetchedFolder, "redis-8/redis-server"),
  },
  "valkey-8": {
    product: "valkey",
    majorVersion: 8,
    variable: "VALKEY_8_SERVER",
    fetchedPath: join(fetchedFolder, "valkey-8/valkey-server"),
  },
} as const satisfies Readonly<Record<string, NamedServer>>;

/** A name in the table. */
export type ServerName = keyof typeof namedServers;

/** All names. */
export const serverNames = Object.keys(namedServers) as ServerName[];

/**
 * The absolute path of a server by name.
 *
 * @throws Error that says what to do, if there is none or what there is is another server.
 */
export function findNamedServer(name: ServerName, environment: NodeJS.ProcessEnv = process.env): string {
  const { product, majorVersion, variable, fetchedPath }: NamedServer = namedServers[name];
  const chosen = environment[variable];
  const path = chosen === undefined || chosen === "" ? fetchedPath : resolve(chosen);
  const found = readRedisServerVersion(path);
  if (found?.product === product && Number.parseInt(found.version, 10) === majorVersion) return path;
  const what = found === undefined ? "no server that starts" : `${found.product} ${found.version}`;
  throw new Error(
    `No ${name} for tests: ${path} is ${what}. On Debian run node tools/local/fetch-test-servers.ts; ` +
      `elsewhere set ${variable} to the path of a ${product} ${majorVersion} server`,
  );
}

/**
 * The server that tests start: the one that `TEST_REDIS` names, else the one that this checkout uses.
 *
 * @throws Error that says what to do, if there is none.
 */
export function findTestServer(environment: NodeJS.ProcessEnv = process.env): string {
  const name = environment.TEST_REDIS ?? "";
  if (name !== "") {
    if (Object.hasOwn(namedServers, name)) return findNamedServer(name as ServerName, environment);
    throw new Error(`TEST_REDIS=${name} is none of ${serverNames.join(", ")}`);
  }
  const path = findRedisServer({ environment });
  if (path !== undefined) return path;
  throw new Error("No Redis found: run `node tools/local/fetch-redis.ts`, or set REDIS_SERVER");
}
