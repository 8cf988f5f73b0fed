import type { DescEnum } from "@bufbuild/protobuf";
import type { Gate } from "../access/gate.ts";
import type { ResourceOwners } from "../access/ownership.ts";
import { signToken, type TokenClaims } from "../access/token.ts";
import { createLogger } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { Redis } from "../redis/redis.ts";
import type { ServiceRoutes } from "../rpc/handlers.ts";
import { runService, type ServerSettings } from "../service/run-service.ts";

/** The secret that test services and test tokens share. */
export const testSecret = "T7q2mXw9Zr4Lb8Vn1Ks6Pd3Hf5Gj0Yc-tests-only";

/** What a test lets a service do. */
export interface TestServiceOptions {
  readonly routes: readonly ServiceRoutes[];
  readonly redis: Redis;
  readonly reasons?: readonly DescEnum[];
  readonly owners?: ResourceOwners;
  readonly extendGate?: (bearerGate: Gate) => Gate;
  readonly notReady?: () => Promise<readonly string[]>;
  readonly settings?: Partial<ServerSettings>;
}

/** A service in this process, on a free port, with everything that a real one has around its handlers. */
export async function startTestService(options: TestServiceOptions) {
  const metrics = createMetrics("test");
  const running = await runService({
    name: "test",
    version: "0.0.0",
    port: 0,
    settings: {
      HOST: "127.0.0.1",
      PORT_OFFSET: 0,
      CORS_ORIGINS: "",
      FAST_PATH: true,
      REFLECTION: true,
      SHUTDOWN_GRACE_MS: 2_000,
      JWT_SECRET: testSecret,
      JWT_ISSUER: "holdfast",
      ...options.settings,
    },
    routes: options.routes,
    reasons: options.reasons ?? [],
    owners: options.owners ?? {},
    ...(options.extendGate === undefined ? {} : { extendGate: options.extendGate }),
    redis: options.redis,
    metrics,
    log: createLogger({ service: "test", level: process.env.TEST_LOG_LEVEL ?? "fatal", format: "json" }),
    notReady: options.notReady ?? (async () => []),
  });
  return { ...running, metrics, baseUrl: `http://127.0.0.1:${running.port}` };
}

/** A token that test services accept. */
export async function testToken(claims: Partial<TokenClaims> = {}): Promise<string> {
  const { token } = await signToken(new TextEncoder().encode(testSecret), {
    subject: "test",
    scopes: [],
    ttlSeconds: 600,
    ...claims,
  });
  return token;
}
