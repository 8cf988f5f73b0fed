import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/admin/v1/error_reason_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema as CoreReasons } from "#gen/billing/core/v1/error_reason_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { serviceTokenSource } from "#platform/access/token.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import { loadConfig } from "#platform/config/load-config.ts";
import { createLogger } from "#platform/observe/log.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { startTestService, testSecret } from "#platform/testing/service.ts";
import { withHeaders } from "#platform/testing/with-headers.ts";
import { adminSettings } from "../config.ts";
import { adminHandlers } from "../rpc/admin-handlers.ts";
import { createResourceOwners } from "../rpc/resource-owners.ts";
import { wireOperations } from "../wire-operations.ts";

/** The configured key of test Admins. */
export const configuredKey = "kR7vN2pX9sB4mQ8wT1yC6zL3dF5gH0jA";

export type AdminClient = Client<typeof AdminService>;

/** An Admin in this process; it has no statistics. */
export async function startTestAdmin(options: {
  readonly redis: Redis;
  readonly coreUrl: string;
  readonly environment?: Readonly<Record<string, string>>;
}) {
  const { redis, coreUrl } = options;
  const settings = loadConfig(adminSettings, {
    JWT_SECRET: testSecret,
    ADMIN_KEY: configuredKey,
    ...options.environment,
  });
  const core = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl: coreUrl,
    token: serviceTokenSource(new TextEncoder().encode(testSecret), "admin", ["core.read", "core.fund"]),
    timeoutMs: 60_000,
  });
  const log = createLogger({
    service: "test",
    level: process.env.TEST_LOG_LEVEL ?? "silent",
    format: "json",
  });
  const operations = await wireOperations({ settings, redis, log, core });
  const readStats = () => Promise.reject(new Error("a test Admin has no statistics"));
  const service = await startTestService({
    redis,
    routes: [routesOf(AdminService, adminHandlers({ ...operations, readStats }))],
    reasons: [ErrorReasonSchema, CoreReasons],
    owners: createResourceOwners(async () => undefined),
    extendGate: operations.extendGate,
  });
  return {
    ...operations,
    baseUrl: service.baseUrl,
    /** A client with these headers; those of the configured key by default. */
    client: (headers: Readonly<Record<string, string>> = { "x-admin-key": configuredKey }) =>
      createAdminClient(service.baseUrl, headers),
    async drain(): Promise<void> {
      await service.drain();
      core.close();
    },
  };
}
export type TestAdmin = Awaited<ReturnType<typeof startTestAdmin>>;

/** A client whose calls have these headers. */
export function createAdminClient(baseUrl: string, headers: Readonly<Record<string, string>>): AdminClient {
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "1.1",
    interceptors: [withHeaders(headers)],
  });
  return createClient(AdminService, transport);
}

/** The reason with which a call fails; OK if it does not. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  return (await failureOf(call))?.reason ?? "OK";
}

/** Reason and metadata with which a call fails; undefined if it does not. */
export async function failureOf(call: Promise<unknown>) {
  try {
    await call;
    return undefined;
  } catch (error) {
    const [info] = ConnectError.from(error).findDetails(ErrorInfoSchema);
    if (info === undefined) throw error;
    return { reason: info.reason, metadata: info.metadata };
  }
}
