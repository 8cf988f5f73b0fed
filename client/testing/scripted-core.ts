import { createConnectTransport } from "@connectrpc/connect-node";
import { BillingCoreService } from "../../gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "../../gen/billing/core/v1/error_reason_pb.ts";
import { CommonError } from "../../services/platform/errors/common-error.ts";
import { connectRedis } from "../../services/platform/redis/redis.ts";
import type { Call } from "../../services/platform/rpc/call.ts";
import { routesOf, type ServiceHandlers } from "../../services/platform/rpc/handlers.ts";
import { startRedis } from "../../services/platform/testing/redis-server.ts";
import { startTestService, testSecret } from "../../services/platform/testing/service.ts";
import { createHoldfast, type Holdfast, type NodeHoldfastOptions } from "../node.ts";
import { signedTokens } from "../signed-tokens.ts";

type CoreHandlers = ServiceHandlers<typeof BillingCoreService>;

/** One request as the service saw it. */
export interface SeenCall {
  readonly method: string;
  readonly request: { readonly idempotencyKey?: string } & Readonly<Record<string, unknown>>;
  readonly call: Call;
}

/** A real service whose Core does what a test says. */
export interface ScriptedCore extends AsyncDisposable {
  readonly baseUrl: string;
  /** What came in, in order. */
  readonly seen: SeenCall[];
  /** Replaces the handlers and forgets what came in. */
  answer(handlers: CoreHandlers): void;
  /** A client of it, closed with it. */
  client(options?: NodeHoldfastOptions): Holdfast;
}

/** Methods that tests script; the others are not served. */
const scripted = [
  "getBalance",
  "updateAccount",
  "charge",
  "chargeBatch",
  "reserve",
  "extendReservation",
  "commit",
  "release",
  "watchBalance",
] as const;

/** Starts it, with the pipeline of every service around it: gate, validation, deadlines, error details. */
export async function startScriptedCore(): Promise<ScriptedCore> {
  const server = await startRedis();
  const redis = await connectRedis({ urls: [server.url], name: "test" });
  const seen: SeenCall[] = [];
  const clients: Holdfast[] = [];
  let handlers: Record<string, ((request: never, call: Call) => unknown) | undefined> = {};
  const routes = Object.fromEntries(
    scripted.map((method) => [
      method,
      (request: never, call: Call) => {
        seen.push({ method, request, call });
        const handler = handlers[method];
        if (handler === undefined) throw new CommonError("METHOD_UNAVAILABLE", "not served");
        return handler(request, call);
      },
    ]),
  );
  const unowned = { accountOf: () => undefined, notFound: () => new CommonError("INTERNAL", "-") };
  const service = await startTestService({
    redis,
    reasons: [ErrorReasonSchema],
    owners: { reservationId: unowned, transactionId: unowned },
    routes: [routesOf(BillingCoreService, routes as CoreHandlers)],
  });
  return {
    baseUrl: service.baseUrl,
    seen,
    answer(next) {
      handlers = next as typeof handlers;
      seen.length = 0;
    },
    client(options = {}) {
      const client = createHoldfast({
        urls: { core: service.baseUrl },
        token: signedTokens({ secret: testSecret }),
        // A machine under load must not look like a lost connection: no pings, and time for each attempt.
        transport: (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" }),
        timeoutMs: 60_000,
        ...options,
      });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await service.drain();
      await redis.close();
      await server.stop();
    },
  };
}
