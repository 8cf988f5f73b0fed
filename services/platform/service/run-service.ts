import type { DescEnum } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createDenyList } from "../access/deny-list.ts";
import { createGate, type Gate } from "../access/gate.ts";
import { type ResourceOwners, resourceFieldNames } from "../access/ownership.ts";
import { createTokenVerifier } from "../access/token-verifier.ts";
import { ConfigError } from "../config/load-config.ts";
import { buildErrorCatalogue } from "../errors/catalogue.ts";
import { createHealthState } from "../health/health.ts";
import type { Logger } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Redis } from "../redis/redis.ts";
import { reflectionRoutes } from "../reflection/reflection.ts";
import { createConnectDoor } from "../rpc/connect-door.ts";
import { besideFastDoor, createFastDoor } from "../rpc/fast/fast-door.ts";
import type { ServiceRoutes } from "../rpc/handlers.ts";
import { createPipeline } from "../rpc/pipeline.ts";
import { createRequestValidator } from "../rpc/validation.ts";
import type { ClientAddress } from "../server/client-address.ts";
import { withCors } from "../server/cors.ts";
import { type RunningServer, startServer } from "../server/server.ts";
import { type AccessSettings, tokenVerifierOptions } from "./access-settings.ts";
import { createHttpPages } from "./http-pages.ts";
import { watchReadiness } from "./readiness.ts";

/** Everything that makes a service, besides what all of them share. */
export interface ServiceDefinition {
  /** Short name, for example `core`. */
  readonly name: string;
  readonly version: string;
  readonly settings: AccessSettings & ServerSettings;
  /** The port before PORT_OFFSET; 0 takes any free one. */
  readonly port: number;
  readonly routes: readonly ServiceRoutes[];
  /** The service's own error reasons. */
  readonly reasons: readonly DescEnum[];
  /** How to find the account of each resource that a request names. */
  readonly owners: ResourceOwners;
  /** Puts a gate for other credentials before the one for bearer tokens. Default: bearer tokens alone. */
  readonly extendGate?: (bearerGate: Gate) => Gate;
  /** Whose address a call counts as, where proxies are trusted. Default: the other end of the connection. */
  readonly addressOf?: ClientAddress;
  readonly redis: Redis;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Why the service cannot serve now, in words; empty when it can. Asked every second. */
  readonly notReady: () => Promise<readonly string[]>;
  /** Reachability of peers, shown at /readyz. */
  readonly peers?: () => Promise<Readonly<Record<string, string>>>;
}

/** Settings of the server itself. */
export interface ServerSettings {
  readonly HOST: string;
  readonly PORT_OFFSET: number;
  readonly CORS_ORIGINS: string;
  readonly TLS_CERT?: string;
  readonly TLS_KEY?: string;
  readonly FAST_PATH: boolean;
  readonly REFLECTION: boolean;
  readonly SHUTDOWN_GRACE_MS: number;
}

/** A service that serves. */
export interface RunningService {
  readonly port: number;
  /** Not ready → calls under way finish → connections close; within the grace. */
  drain(): Promise<void>;
}

/** Puts a service on its port: pipeline, door, health, reflection, operations pages. */
export async function runService(definition: ServiceDefinition): Promise<RunningService> {
  const { settings, log, metrics } = definition;
  checkOwners(definition);
  const health = createHealthState(definition.routes.map(({ service }) => service.typeName));
  const bearerGate = createGate(
    await createTokenVerifier(tokenVerifierOptions(settings)),
    createDenyList(definition.redis),
  );
  const pipeline = createPipeline({
    gate: definition.extendGate?.(bearerGate) ?? bearerGate,
    owners: definition.owners,
    catalogue: buildErrorCatalogue(definition.reasons),
    validate: createRequestValidator(),
    metrics,
    log,
    addressOf: definition.addressOf,
  });
  const shutdown = new AbortController();
  const routes = [...definition.routes, health.routes];
  if (settings.REFLECTION) routes.push(...reflectionRoutes(routes.map(({ service }) => service)));
  const door = createConnectDoor({
    pipeline,
    routes,
    shutdownSignal: shutdown.signal,
    fallback: createHttpPages({
      service: definition.name,
      version: definition.version,
      health,
      metrics,
      peers: definition.peers ?? (async () => ({})),
    }),
  });
  const origins = settings.CORS_ORIGINS.split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "");
  const connectDoor = withCors(door, {
    origins,
    requestHeaders: ["Authorization", "X-Request-Id", "Traceparent"],
    responseHeaders: ["X-Request-Id"],
  });
  const fastDoor = settings.FAST_PATH
    ? createFastDoor({ pipeline, routes, shutdownSignal: shutdown.signal })
    : undefined;
  const server = await startServer({
    host: settings.HOST,
    port: definition.port === 0 ? 0 : definition.port + settings.PORT_OFFSET,
    onStream: fastDoor?.takeStream,
    handler: fastDoor === undefined ? connectDoor : besideFastDoor(fastDoor, connectDoor),
    tls: tlsIdentity(settings),
  });
  const readiness = watchReadiness(definition.notReady, health, log);
  await readiness.firstCheck;
  log.info({ host: settings.HOST, port: server.port }, `serving on ${settings.HOST}:${server.port}`);
  return {
    port: server.port,
    drain: () => drain(server, readiness.stop, health, shutdown, settings.SHUTDOWN_GRACE_MS, log),
  };
}

/** @throws ConfigError if only one of the two is set: the server would speak cleartext unasked. */
function tlsIdentity({ TLS_CERT: cert, TLS_KEY: key }: ServerSettings) {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === undefined && key === undefined) return undefined;
  throw new ConfigError([
    `${cert === undefined ? "TLS_CERT" : "TLS_KEY"}: TLS needs both TLS_CERT and TLS_KEY`,
  ]);
}

async function drain(
  server: RunningServer,
  stopReadiness: () => void,
  health: ReturnType<typeof createHealthState>,
  shutdown: AbortController,
  graceMs: number,
  log: Logger,
): Promise<void> {
  log.info("draining: no new calls, finishing those under way");
  stopReadiness();
  health.setNotReadyReasons(["shutting down"]);
  // Streams end at once and say why; unary calls get the grace.
  shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
  await server.close({ graceMs });
}

/** A resource field whose owner nobody can find would be a hole; it is found at start, not by a caller. */
function checkOwners(definition: ServiceDefinition): void {
  const rules = definition.routes
    .filter(({ open }) => !open)
    .flatMap(({ service, rule }) => service.methods.map(rule));
  const missing = resourceFieldNames(rules).filter((name) => definition.owners[name] === undefined);
  if (missing.length > 0)
    throw new Error(`${definition.name} cannot find the owner of: ${missing.join(", ")}`);
}
