/** Alerting in this process for tests: the real handlers and senders over a real Redis. */
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorReasonSchema } from "#gen/billing/monitoring/v1/error_reason_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import type { TokenClaims } from "#platform/access/token.ts";
import { systemClock } from "#platform/clock/clock.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startTestService, testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { createFigureReader } from "../domain/alerts/figure-reader.ts";
import { createSpendReader } from "../domain/alerts/spend-reader.ts";
import { type AlertingOptions, openAlerting } from "../open-alerting.ts";
import { openMetricsReader } from "../open-metrics-reader.ts";
import { alertingHandlers } from "../rpc/alerting/alerting-handlers.ts";
import type { AlertingParts } from "../rpc/alerting/alerting-parts.ts";
import { monitoringRoutes } from "../rpc/monitoring-routes.ts";
import { resourceOwners } from "../rpc/resource-owners.ts";

export interface TestAlerting extends AsyncDisposable {
  readonly client: Client<typeof MonitoringService>;
  readonly parts: AlertingParts;
  readonly redis: Redis;
  /** Lines of the service's log. */
  readonly logged: Array<{ readonly fields: object; readonly message: string }>;
  /** A client with a token of these claims. */
  clientWith(claims: Partial<TokenClaims>): Promise<Client<typeof MonitoringService>>;
  stop(): Promise<void>;
}

export interface TestAlertingOptions {
  readonly redisUrl: string;
  /** Private hosts that channels may lie at. Default none. */
  readonly allowedHosts?: readonly string[];
  /** What differs from the defaults of tests. */
  readonly over?: Partial<AlertingOptions>;
}

/** Everything of alerting that {@link openAlerting} starts, behind its RPCs. */
export async function startTestAlerting(options: TestAlertingOptions): Promise<TestAlerting> {
  const redis = await connectTestRedis(options.redisUrl, { onError: () => {} });
  const clock = options.over?.clock ?? systemClock;
  const { reader } = openMetricsReader(redis, clock);
  const logged: TestAlerting["logged"] = [];
  const note = (fields: object, message: string) => void logged.push({ fields, message });
  const alerting = await openAlerting({
    redis,
    log: { info: note as never, warn: note as never },
    pageTokens: createPageTokens(Buffer.alloc(32, 1)),
    channelSecrets: ["the-secret-of-this-test's-channels"],
    policy: { allowedHosts: options.allowedHosts ?? [], ports: "any", proxy: {} },
    dashboardUrl: "https://billing.example",
    figures: createFigureReader(reader),
    readSpend: createSpendReader(reader, () => clock.nowMs()),
    deliveryPauses: { firstMs: 20, maxMs: 20 },
    ...options.over,
  });
  const service = await startTestService({
    redis,
    routes: [
      monitoringRoutes(
        { system: { get: () => Promise.reject(new Error("none here")) } },
        alertingHandlers(alerting.parts),
      ),
    ],
    reasons: [ErrorReasonSchema],
    owners: resourceOwners(alerting.parts.alertStore),
  });
  const clientWith = async (claims: Partial<TokenClaims>) => {
    const authorization = `Bearer ${await testToken(claims)}`;
    const transport = createGrpcTransport({
      baseUrl: service.baseUrl,
      interceptors: [
        (next) => (request) => {
          request.header.set("authorization", authorization);
          return next(request);
        },
      ],
    });
    return createClient(MonitoringService, transport);
  };
  const stop = async () => {
    await service.drain();
    await alerting.stop();
    await redis.close();
  };
  return {
    client: await clientWith({ subject: "operator", scopes: ["monitoring.read", "monitoring.manage"] }),
    parts: alerting.parts,
    redis,
    logged,
    clientWith,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
