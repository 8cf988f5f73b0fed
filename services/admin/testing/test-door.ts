import type { DescService } from "@bufbuild/protobuf";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { loadConfig } from "#platform/config/load-config.ts";
import { createLogger } from "#platform/observe/log.ts";
import { createMetrics, type Metrics } from "#platform/observe/metrics.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { delegatedRoutesOf, routesOf, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import type { ClientAddress } from "#platform/server/client-address.ts";
import { testSecret } from "#platform/testing/service.ts";
import { type AdminSettings, adminSettings } from "../config.ts";
import { startHttpDoor } from "../http/http-door.ts";
import type { HttpPlugin } from "../http/http-plugin.ts";
import { peerServices } from "../peers/service-operations.ts";
import { createResourceOwners } from "../rpc/resource-owners.ts";
import { wireOperations } from "../wire-operations.ts";

/** The configured key of test doors. */
export const testAdminKey = "kR7vN2pX9sB4mQ8wT1yC6zL3dF5gH0jA";

/** What a test lets a door do. */
export interface TestDoorOptions {
  readonly redis: Redis;
  readonly services: readonly ServiceRoutes[];
  readonly metrics?: Metrics;
  readonly settings?: Partial<AdminSettings>;
  readonly plugins?: readonly HttpPlugin[];
  readonly dashboardFolder?: string;
  readonly addressOf?: ClientAddress;
  readonly notReady?: () => Promise<readonly string[]>;
}

/** Admin's door for HTTP JSON in this process, on a free port, with the services that a test gives it. */
export async function startTestDoor({
  redis,
  services,
  metrics,
  settings,
  plugins,
  dashboardFolder,
  addressOf,
  notReady,
}: TestDoorOptions) {
  const configured = loadConfig(adminSettings, {
    JWT_SECRET: testSecret,
    ADMIN_KEY: testAdminKey,
    ADMIN_HTTP_PORT: "0",
    // Tests make more requests than people.
    ADMIN_REQUESTS_PER_MINUTE: "1000000",
    ADMIN_SIGN_INS_PER_MINUTE: "1000",
  });
  const log = createLogger({
    service: "test",
    level: process.env.TEST_LOG_LEVEL ?? "silent",
    format: "json",
  });
  const operations = await wireOperations({
    settings: configured,
    redis,
    log,
    core: { getAccount: async () => ({}) } as never,
  });
  const door = await startHttpDoor({
    ...operations,
    ...(addressOf === undefined ? {} : { addressOf }),
    ...(dashboardFolder === undefined ? {} : { dashboardFolder }),
    name: "admin",
    version: "1.2.3",
    settings: { ...configured, SHUTDOWN_GRACE_MS: 2_000, ...settings },
    redis,
    metrics: metrics ?? createMetrics("test"),
    log,
    services,
    plugins: plugins ?? [],
    owners: createResourceOwners(async () => undefined),
    notReady: notReady ?? (async () => []),
    peers: async () => ({ core: "serving" }),
  });
  return { ...door, operations, baseUrl: `http://127.0.0.1:${door.port}` };
}

/** All five services with one handler for every method. */
export function servicesWith(handler: () => Promise<object>): ServiceRoutes[] {
  const handlersOf = (service: DescService) =>
    Object.fromEntries(
      service.methods.map((method) => [
        method.localName,
        method.methodKind === "unary"
          ? handler
          : async function* () {
              yield await handler();
            },
      ]),
    ) as ServiceRoutes["handlers"];
  return [
    routesOf(AdminService, handlersOf(AdminService)),
    ...Object.values(peerServices).map((service) => delegatedRoutesOf(service, handlersOf(service))),
  ];
}
