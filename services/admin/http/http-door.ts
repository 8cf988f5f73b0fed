import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorReasonSchema as AdminReasons } from "#gen/billing/admin/v1/error_reason_pb.ts";
import { ErrorReasonSchema as CoreReasons } from "#gen/billing/core/v1/error_reason_pb.ts";
import { ErrorReasonSchema as ExchangeReasons } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { ErrorReasonSchema as MonitoringReasons } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import { ErrorReasonSchema as PricingReasons } from "#gen/billing/pricing/v1/error_reason_pb.ts";
import { createDenyList } from "#platform/access/deny-list.ts";
import { createGate, type Gate } from "#platform/access/gate.ts";
import type { ResourceOwners } from "#platform/access/ownership.ts";
import { createTokenVerifier } from "#platform/access/token-verifier.ts";
import { buildErrorCatalogue } from "#platform/errors/catalogue.ts";
import { createHealthState } from "#platform/health/health.ts";
import type { Logger } from "#platform/observe/log.ts";
import type { Metrics } from "#platform/observe/metrics.ts";
import type { Redis } from "#platform/redis/redis.ts";
import type { ServiceRoutes } from "#platform/rpc/handlers.ts";
import { createPipeline } from "#platform/rpc/pipeline.ts";
import { createRequestValidator } from "#platform/rpc/validation.ts";
import type { ClientAddress } from "#platform/server/client-address.ts";
import { tokenVerifierOptions } from "#platform/service/access-settings.ts";
import { createHttpPages } from "#platform/service/http-pages.ts";
import { watchReadiness } from "#platform/service/readiness.ts";
import { type AdminSettings, publicUrl } from "../config.ts";
import type { AdminKeyVerifier } from "../domain/access/admin-key-verifier.ts";
import type { Sessions } from "../domain/access/sessions.ts";
import type { AuditLog } from "../domain/audit/audit-log.ts";
import { RequestLockStore } from "../store/request-lock-store.ts";
import type { HttpPlugin } from "./http-plugin.ts";
import { createHttpServer } from "./http-server.ts";
import { createRequestDecoders } from "./mapping/request-decoder.ts";
import { openApiDocument } from "./openapi/openapi-document.ts";
import { openApiPages } from "./openapi/openapi-pages.ts";
import { operationsOf } from "./operation.ts";
import { relay } from "./relay/relay.ts";
import { allRoutes } from "./routes/all-routes.ts";
import { runHttp } from "./run-http.ts";
import { createSessionGate } from "./session/session-gate.ts";
import { sessionRoutes } from "./session/session-routes.ts";

/** What the door for HTTP JSON needs of the service. */
export interface HttpDoorOptions {
  readonly name: string;
  readonly version: string;
  readonly settings: AdminSettings;
  readonly redis: Redis;
  /** Puts the gate for admin keys before the one for bearer tokens. */
  readonly extendGate: (bearerGate: Gate) => Gate;
  /** The same gate, with refusals of changes in the audit log. */
  readonly refusalsAudited: (gate: Gate) => Gate;
  /** Whose address a request counts as. Default: the other end of the connection. */
  readonly addressOf?: ClientAddress;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The RPCs of all five services. */
  readonly services: readonly ServiceRoutes[];
  readonly plugins: readonly HttpPlugin[];
  readonly dashboardFolder?: string;
  readonly sessions: Sessions;
  readonly keyVerifier: AdminKeyVerifier;
  readonly auditLog: AuditLog;
  /** Whose the resources in requests are. */
  readonly owners: ResourceOwners;
  readonly notReady: () => Promise<readonly string[]>;
  readonly peers: () => Promise<Readonly<Record<string, string>>>;
}

/** Opens Admin's door for HTTP JSON, beside the one for RPC: the same pipeline, admin keys besides tokens. */
export async function startHttpDoor(options: HttpDoorOptions) {
  const { settings, redis, metrics, name, version, peers } = options;
  const log = options.log.child({ door: "http" });
  const health = createHealthState([]);
  const catalogue = buildErrorCatalogue([
    AdminReasons,
    CoreReasons,
    PricingReasons,
    ExchangeReasons,
    MonitoringReasons,
  ]);
  const bearerGate = createGate(
    await createTokenVerifier(tokenVerifierOptions(settings)),
    createDenyList(redis),
  );
  const { addressOf } = options;
  const validate = createRequestValidator();
  const shared = { owners: options.owners, catalogue, validate, metrics, log, addressOf };
  const shutdown = new AbortController();
  const pagePlugins = [
    ...openApiPages(openApiDocument(allRoutes, version)),
    sessionRoutes({
      ...options,
      keys: options.keyVerifier,
      isSecure: publicUrl(settings).startsWith("https:"),
      signInsPerMinute: settings.ADMIN_SIGN_INS_PER_MINUTE,
    }),
    relay({
      pipeline: createPipeline({
        ...shared,
        gate: options.refusalsAudited(createSessionGate(options.sessions)),
      }),
      services: options.services,
      requireStanding: (caller) => options.sessions.requireStanding(caller),
      shutdownSignal: shutdown.signal,
    }),
  ];
  const app = await createHttpServer({
    routes: allRoutes,
    plugins: [...options.plugins, ...pagePlugins],
    routeParts: {
      pipeline: createPipeline({ ...shared, gate: options.extendGate(bearerGate) }),
      locks: new RequestLockStore(redis),
      operationOf: operationsOf(options.services),
      decoderOf: createRequestDecoders(),
    },
    catalogue,
    addressOf,
    dashboardFolder: options.dashboardFolder,
    operationsPages: createHttpPages({ service: name, version, health, metrics, peers }),
    requestLimit: { redis, perMinute: settings.ADMIN_REQUESTS_PER_MINUTE },
    log,
    ...(settings.TLS_CERT && settings.TLS_KEY
      ? { tls: { cert: settings.TLS_CERT, key: settings.TLS_KEY } }
      : {}),
  });
  const port = settings.ADMIN_HTTP_PORT === 0 ? 0 : settings.ADMIN_HTTP_PORT + settings.PORT_OFFSET;
  const readiness = watchReadiness(options.notReady, health, log);
  await readiness.firstCheck;
  const running = await runHttp(app, settings.HOST, port);
  log.info(
    { host: settings.HOST, port: running.port },
    `serving HTTP JSON on ${settings.HOST}:${running.port}`,
  );
  return {
    app,
    port: running.port,
    async drain(): Promise<void> {
      readiness.stop();
      health.setNotReadyReasons(["shutting down"]);
      shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
      await running.drain(settings.SHUTDOWN_GRACE_MS);
    },
  };
}
