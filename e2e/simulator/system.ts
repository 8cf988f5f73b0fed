import { randomBytes } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { Http2Sessions } from "#platform/client/http2-sessions.ts";
import { type FaultyProxy, startFaultyProxy } from "#platform/testing/faulty-proxy.ts";
import { findFreePortOffset, resolvePorts } from "../../tools/local/ports.ts";
import { serviceCommand } from "../../tools/local/stack-parts.ts";
import { type StripeStandIn, startStripeStandIn } from "../stripe/stripe-stand-in.ts";
import type { WebhookEndpoint } from "../stripe/webhooks.ts";
import { type Clients, clientsWith, openGrpcTransports, withToken } from "../testing/services.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";
import { type Door, doors } from "./action.ts";

/** One attempt; a call has many. */
const attemptMs = 2_500;
/** A connection that is silent for longer leads nowhere. */
const pingBounds = { pingIntervalMs: 1_000, pingTimeoutMs: 1_000 } as const;
const tokenTtlSeconds = 86_400;

/** The real services and a real Redis, with ways to them that can fail. */
export interface SimulatedSystem extends AsyncDisposable {
  readonly stack: TestStack;
  readonly stripe: StripeStandIn;
  readonly webhook: WebhookEndpoint;
  /** Clients whose ways lead through `waysToCore`; one attempt each, bounded. */
  readonly cores: Readonly<Record<Door, Clients["core"]>>;
  readonly admin: Clients["admin"];
  /** Clients that go straight to the services, for checks. */
  readonly direct: Clients;
  readonly waysToCore: readonly FaultyProxy[];
  /** Between Core and Redis. */
  readonly wayToRedis: FaultyProxy;
  readonly redisUrl: string;
  /** Aborted by `stop`, so that what still calls gives up. */
  readonly stopped: AbortSignal;
  stop(): Promise<void>;
}

/** Starts it all: Core knows Redis by the way that can fail, the other services and the checks by the direct one. */
export async function startSystem(): Promise<SimulatedSystem> {
  const portOffset = await findFreePortOffset();
  const ports = resolvePorts(portOffset, {});
  const secret = (prefix: string) => `${prefix}_${randomBytes(16).toString("hex")}`;
  const [redisPassword, secretKey, webhookSecret] = [secret("redis"), secret("sk_test"), secret("whsec")];
  const stripe = await startStripeStandIn({ secretKey });
  const wayToRedis = await startFaultyProxy({ port: ports.redis });
  const urlOfRedis = (port: number) => `redis://:${redisPassword}@127.0.0.1:${port}`;
  const stop: Array<() => Promise<void> | void> = [() => stripe.close(), () => wayToRedis.stop()];
  const stopping = new AbortController();
  const end = async () => {
    stopping.abort(new Error("the system was stopped"));
    for (const each of stop.splice(0).reverse()) await each();
  };
  try {
    const stack = await startTestStack(
      {
        LOG_LEVEL: "warn",
        // Faults make connections silent, which Core is to notice soon.
        REDIS_TIMEOUT_MS: "2500",
        REDIS_PASSWORD: redisPassword,
        STRIPE_SECRET_KEY: secretKey,
        STRIPE_WEBHOOK_SECRET: webhookSecret,
        STRIPE_API_URL: stripe.url,
      },
      {
        portOffset,
        commands: { core: ["env", `REDIS_URL=${urlOfRedis(wayToRedis.port)}`, ...serviceCommand("core")] },
      },
    );
    stop.push(() => stack.stop());
    const token = await stack.token({ ttlSeconds: tokenTtlSeconds });
    const transports = openGrpcTransports(stack);
    stop.push(() => transports.close());
    const { cores, waysToCore, close } = await openDoors(stack, token);
    stop.push(close);
    const direct = clientsWith(transports, token);
    const sessionManager = new Http2Sessions(stack.url("admin"), pingBounds);
    stop.push(() => sessionManager.abort());
    const adminTransport = createGrpcTransport({
      baseUrl: stack.url("admin"),
      sessionManager,
      defaultTimeoutMs: attemptMs,
    });
    return {
      stack,
      stripe,
      webhook: { url: `${stack.url("adminHttp")}/webhook`, secret: webhookSecret },
      cores,
      admin: createClient(AdminService, withToken(adminTransport, token)),
      direct,
      waysToCore,
      wayToRedis,
      redisUrl: urlOfRedis(ports.redis),
      stopped: stopping.signal,
      stop: end,
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** A connection, a protocol and a way of its own for each door. */
async function openDoors(stack: TestStack, token: string) {
  const ways = new Map<Door, FaultyProxy>();
  const sessions: Http2Sessions[] = [];
  const open = async (door: Door): Promise<readonly [Door, Clients["core"]]> => {
    const way = await startFaultyProxy({ port: stack.ports.core });
    ways.set(door, way);
    const baseUrl = `http://127.0.0.1:${way.port}`;
    const sessionManager = new Http2Sessions(baseUrl, pingBounds);
    sessions.push(sessionManager);
    const shared = { baseUrl, defaultTimeoutMs: attemptMs };
    const transport = {
      grpc: () => createGrpcTransport({ ...shared, sessionManager }),
      "grpc-web": () => createGrpcWebTransport({ ...shared, httpVersion: "2", sessionManager }),
      "connect-json": () =>
        createConnectTransport({ ...shared, httpVersion: "2", sessionManager, useBinaryFormat: false }),
      "connect-http1": () => createConnectTransport({ ...shared, httpVersion: "1.1" }),
    }[door]();
    return [door, createClient(BillingCoreService, withToken(transport, token))];
  };
  const cores = Object.fromEntries(await Promise.all(doors.map(open))) as Record<Door, Clients["core"]>;
  const close = async () => {
    for (const session of sessions) session.abort();
    for (const way of ways.values()) await way.stop();
  };
  return { cores, waysToCore: [...ways.values()], close };
}
