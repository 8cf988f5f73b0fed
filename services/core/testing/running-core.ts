import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis, type TestRedisOptions } from "#platform/testing/redis-server.ts";
import { testSecret, testToken } from "#platform/testing/service.ts";
import { startServiceProcess } from "#platform/testing/service-process.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { newPeerScript, type PeerScript, startFakePeers } from "./fake-peers.ts";

export type CoreClient = Client<typeof BillingCoreService>;

/** The service in its own process on its own Redis, with peers that the test controls. */
export interface RunningCore {
  readonly redis: Redis;
  /** The server of Core's Redis. */
  readonly server: TestRedis;
  readonly pid: number;
  readonly port: number;
  /** What /readyz answers. */
  readiness(): Promise<{ readonly ready: boolean; readonly text: string }>;
  /** The value that /metrics shows for a sample without the label of the service, for example `x_total{kind="hold"}`. */
  metric(sample: string): Promise<number>;
  /** What it wrote to its log, line by line. */
  readonly log: readonly string[];
  readonly script: PeerScript;
  /** A client whose token has these claims; an operator's with every scope of Core by default. */
  client(claims?: Parameters<typeof testToken>[0]): Promise<CoreClient>;
  /** SIGKILL. */
  kill(): void;
  stop(): Promise<void>;
}

/** How a Core differs from the usual one of a test. */
export interface CoreOptions {
  /** Settings of the service. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A Redis that runs already, and goes on after Core; else Core gets its own. */
  readonly server?: TestRedis;
  /** How its own Redis differs. */
  readonly redis?: TestRedisOptions;
}

/** Starts Core. */
export async function startCore({
  environment = {},
  server: given,
  redis: options = {},
}: CoreOptions = {}): Promise<RunningCore> {
  const script = newPeerScript();
  const server = given ?? (await startRedis(options));
  const redis = await connectTestRedis(server.url);
  const peers = await startFakePeers(redis, script);
  const core = startServiceProcess("core", {
    JWT_SECRET: testSecret,
    CORE_PORT: "0",
    REDIS_URL: server.url,
    ...peers.environment,
    ...environment,
  });
  const stop = async (): Promise<void> => {
    await core.stop();
    await peers.stop();
    await redis.close();
    if (given === undefined) await server.stop();
  };
  const port = await core.port().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const baseUrl = `http://127.0.0.1:${port}`;
  return {
    redis,
    server,
    pid: core.pid,
    port,
    readiness: async () => {
      const page = await fetch(`${baseUrl}/readyz`);
      return { ready: page.ok, text: await page.text() };
    },
    metric: async (sample) => {
      const page = await (await fetch(`${baseUrl}/metrics`)).text();
      return sampleOf(page, sample);
    },
    log: core.lines,
    script,
    async client(claims = { scopes: ["core.read", "core.charge", "core.fund", "core.manage"] }) {
      const token = await testToken(claims);
      const transport = createGrpcTransport({
        baseUrl,
        interceptors: [
          (next) => (request) => {
            request.header.set("authorization", `Bearer ${token}`);
            return next(request);
          },
        ],
      });
      return createClient(BillingCoreService, transport);
    },
    kill: () => core.signal("SIGKILL"),
    stop,
  };
}

/** The reason of the error with which a call fails; OK if it does not. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "OK";
  } catch (error) {
    return ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason ?? String(error);
  }
}

function sampleOf(page: string, sample: string): number {
  const plain = page.replaceAll(/(?:,service="core"|service="core",?)/g, "").replaceAll("{}", "");
  const line = plain.split("\n").find((each) => each.startsWith(`${sample} `));
  if (line === undefined) throw new Error(`/metrics shows no ${sample}`);
  return Number(line.slice(sample.length));
}
