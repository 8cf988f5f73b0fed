/** An Admin before a fake Billing Core, and pages that are signed in to it. */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { create } from "@bufbuild/protobuf";
import { type Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { Redis } from "#platform/redis/redis.ts";
import type { Call } from "#platform/rpc/call.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { startTestService, testSecret } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { withHeaders } from "#platform/testing/with-headers.ts";
import { listAuditEntries } from "../domain/audit/audit-reader.ts";
import { createServiceOperations } from "../peers/service-operations.ts";
import { auditedRoutes } from "../rpc/audited-routes.ts";
import { startTestDoor } from "./test-door.ts";

let server: TestRedis;
let redis: Redis;
export let core: Awaited<ReturnType<typeof startTestService>>;
export let door: Awaited<ReturnType<typeof startTestDoor>>;
let passedOn: ReturnType<typeof createServiceOperations>;
/** Calls that reached Billing Core, newest last. */
export const calls: Call[] = [];

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  const nobody = { accountOf: () => undefined, notFound: () => new CommonError("REQUEST_INVALID", "none") };
  core = await startTestService({
    redis,
    owners: { reservationId: nobody, transactionId: nobody },
    routes: [
      routesOf(BillingCoreService, {
        getBalance: ({ accountId }, call) => {
          calls.push(call);
          return { balance: create(BalanceSchema, { accountId }) };
        },
        freezeAccount: ({ accountId }, call) => {
          calls.push(call);
          return { account: { accountId } };
        },
        async *watchBalance({ accountId }, call) {
          calls.push(call);
          yield { event: { case: "snapshot" as const, value: create(BalanceSchema, { accountId }) } };
          await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
        },
      }),
    ],
  });
  const nowhere = "http://127.0.0.1:1";
  passedOn = createServiceOperations({
    baseUrls: { core: core.baseUrl, pricing: nowhere, exchange: nowhere, monitoring: nowhere },
    secret: new TextEncoder().encode(testSecret),
  });
  let parts: Parameters<typeof auditedRoutes>[1] | undefined;
  const later = {
    get auditLog() {
      return parts!.auditLog;
    },
    get keyVerifier() {
      return parts!.keyVerifier;
    },
  };
  door = await startTestDoor({
    redis,
    services: [
      routesOf(AdminService, { getStats: () => ({ stats: { softwareVersion: "1.2.3" } }) }),
      ...passedOn.routes.map((routes) => auditedRoutes(routes, later)),
    ],
  });
  parts = door.operations;
});

after(async () => {
  passedOn?.close();
  await door?.drain();
  await core?.drain();
  await redis?.close();
  await server?.stop();
});

/** What a page has after signing in. */
export interface Page {
  readonly cookie: string;
  readonly csrfToken: string;
}

export async function signIn(init: RequestInit): Promise<Page> {
  const response = await fetch(`${door.baseUrl}/session`, { method: "POST", ...init });
  assert.equal(response.status, 200, await response.clone().text());
  const { csrfToken } = (await response.json()) as { csrfToken: string };
  return { cookie: response.headers.get("set-cookie")?.split(";")[0] ?? "", csrfToken };
}

/** The transport of a page; headers replace those that it would send. */
export function pageTransport(
  page: Page,
  kind: Kind = "connect json",
  headers: Record<string, string> = {},
): Transport {
  const asPage = withHeaders({ cookie: page.cookie, "x-csrf-token": page.csrfToken, ...headers });
  return kinds[kind]({ baseUrl: `${door.baseUrl}/rpc`, interceptors: [asPage] });
}

type Options = { baseUrl: string; interceptors: Interceptor[] };
export const kinds = {
  "connect json": (options: Options) => createConnectTransport({ ...options, useBinaryFormat: false }),
  "connect binary": (options: Options) => createConnectTransport({ ...options, useBinaryFormat: true }),
  "connect get": (options: Options) => createConnectTransport({ ...options, useHttpGet: true }),
  "grpc-web binary": (options: Options) => createGrpcWebTransport({ ...options, useBinaryFormat: true }),
  "grpc-web json": (options: Options) => createGrpcWebTransport({ ...options, useBinaryFormat: false }),
} as const;
export type Kind = keyof typeof kinds;

export const coreOf = (transport: Transport) => createClient(BillingCoreService, transport);

export async function refusal(
  call: Promise<unknown>,
): Promise<{ code: Code; reason: string; service: string }> {
  try {
    await call;
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const [info] = error.findDetails(ErrorInfoSchema);
    return { code: error.code, reason: info?.reason ?? error.message, service: info?.metadata.service ?? "" };
  }
  return assert.fail("the call was answered");
}

/** What the audit log says about an account. */
export async function auditOf(accountId: string) {
  const { entries } = await listAuditEntries(
    door.operations.auditStore,
    {
      actorKeyId: "",
      actorSubject: "",
      actionPrefix: "",
      targetType: "",
      targetId: "",
      accountId,
      result: undefined,
      requestId: "",
      startMs: undefined,
      endMs: undefined,
    },
    10,
    undefined,
  );
  return entries;
}
