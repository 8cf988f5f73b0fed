/** A service whose accounts' names say what its handlers do with them, and how to call it by every protocol. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { create } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { BalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/core/v1/error_reason_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { ServiceError } from "../../errors/service-error.ts";
import type { Redis } from "../../redis/redis.ts";
import { startRedis, type TestRedis } from "../../testing/redis-server.ts";
import { startTestService, testToken } from "../../testing/service.ts";
import { connectTestRedis } from "../../testing/test-redis.ts";
import { routesOf } from "../handlers.ts";

let server: TestRedis;
export let redis: Redis;
export let service: Awaited<ReturnType<typeof startTestService>>;
/** Accounts of the calls that came to a handler. */
export const handled: string[] = [];

/** Accounts whose name says what the handler does with them. */
const behaviours: Record<string, () => Promise<never>> = {
  refused: async () => {
    throw new ServiceError("INSUFFICIENT_FUNDS", "7 needed, 5 spendable", {
      metadata: { required: "7" },
      retryAfterMs: 1_500,
    });
  },
  broken: async () => {
    throw new TypeError("secret internals");
  },
  unlisted: async () => {
    throw new ServiceError("NOT_IN_ANY_CATALOGUE", "secret internals");
  },
  endless: () => new Promise<never>(() => {}),
};

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  service = await startTestService({
    redis,
    reasons: [ErrorReasonSchema],
    owners: {
      reservationId: {
        accountOf: (id) => id.split("/")[0],
        notFound: () => new ServiceError("RESERVATION_NOT_FOUND", "no such reservation"),
      },
      transactionId: {
        accountOf: (id) => id.split("/")[0],
        notFound: () => new ServiceError("TRANSACTION_NOT_FOUND", "no such transaction"),
      },
    },
    routes: [
      routesOf(BillingCoreService, {
        getBalance: async ({ accountId }) => {
          handled.push(accountId);
          await behaviours[accountId]?.();
          return { balance: create(BalanceSchema, { accountId }) };
        },
        getReservation: async () => ({}),
        chargeBatch: async () => ({ results: [] }),
        createAccount: async () => ({}),
        async *watchBalance({ accountId }, call) {
          yield { event: { case: "snapshot" as const, value: create(BalanceSchema, { accountId }) } };
          await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
          call.signal.throwIfAborted();
        },
      }),
    ],
  });
});

after(async () => {
  await service?.drain();
  await redis?.close();
  await server?.stop();
});

export const transports = {
  grpc: (baseUrl: string) => createGrpcTransport({ baseUrl }),
  "grpc-web": (baseUrl: string) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "connect, binary, HTTP/1.1": (baseUrl: string) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: true }),
  "connect, JSON, HTTP/2": (baseUrl: string) =>
    createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false }),
  "connect, GET": (baseUrl: string) =>
    createConnectTransport({ baseUrl, httpVersion: "1.1", useHttpGet: true }),
};

export async function headersFor(claims: Parameters<typeof testToken>[0]) {
  return { authorization: `Bearer ${await testToken(claims)}` };
}

export async function refusal(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new assert.AssertionError({ message: "the call was not refused" });
}

export function reasonOf(error: ConnectError): string {
  return error.findDetails(ErrorInfoSchema)[0]?.reason ?? "";
}
