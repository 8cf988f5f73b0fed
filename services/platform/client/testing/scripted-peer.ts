/** A peer that does what the tests say, and clients of it. */
import { after, before, beforeEach } from "node:test";
import { create } from "@bufbuild/protobuf";
import { BalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/core/v1/error_reason_pb.ts";
import { CommonError } from "../../errors/common-error.ts";
import type { Redis } from "../../redis/redis.ts";
import type { Call } from "../../rpc/call.ts";
import { routesOf } from "../../rpc/handlers.ts";
import { startRedis, type TestRedis } from "../../testing/redis-server.ts";
import { startTestService, testToken } from "../../testing/service.ts";
import { connectTestRedis } from "../../testing/test-redis.ts";
import { createServiceClient, type ServiceClientOptions } from "../service-client.ts";

export type CoreClientOptions = ServiceClientOptions<typeof BillingCoreService>;

let server: TestRedis;
let redis: Redis;
export let peer: Awaited<ReturnType<typeof startTestService>>;
const clients: Array<{ close(): void }> = [];

/** What the peer does next, call by call; then it answers well. */
export const script: { behaviours: Array<(call: Call) => Promise<void>>; calls: Call[] } = {
  behaviours: [],
  calls: [],
};

async function behave(call: Call): Promise<void> {
  script.calls.push(call);
  await script.behaviours.shift()?.(call);
}

export const refuse = (error: Error) => async () => {
  throw error;
};

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  peer = await startTestService({
    redis,
    reasons: [ErrorReasonSchema],
    owners: {
      reservationId: { accountOf: () => undefined, notFound: () => new CommonError("INTERNAL", "-") },
      transactionId: { accountOf: () => undefined, notFound: () => new CommonError("INTERNAL", "-") },
    },
    routes: [
      routesOf(BillingCoreService, {
        getBalance: async ({ accountId }, call) => {
          await behave(call);
          return { balance: create(BalanceSchema, { accountId }) };
        },
        updateAccount: async (_, call) => {
          await behave(call);
          return {};
        },
        async *watchBalance({ accountId }, call) {
          yield { event: { case: "snapshot" as const, value: create(BalanceSchema, { accountId }) } };
          await behave(call);
        },
      }),
    ],
  });
});

beforeEach(() => {
  script.behaviours = [];
  script.calls = [];
});

after(async () => {
  for (const client of clients) client.close();
  await peer?.drain();
  await redis?.close();
  await server?.stop();
});

export function connectTo(baseUrl: string, more: Partial<CoreClientOptions> = {}) {
  const client = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl,
    token: () => testToken({ scopes: ["core.read", "core.manage"] }),
    ...more,
  });
  clients.push(client);
  return client;
}

export const inTime = () => ({
  requestId: "request-1",
  trace: { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` },
  deadlineMs: Date.now() + 60_000,
});

export const balanceOf = { accountId: "alice" };
