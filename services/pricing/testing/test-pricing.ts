import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorReasonSchema } from "#gen/billing/pricing/v1/error_reason_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { BadRequestSchema, ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { createLogger } from "#platform/observe/log.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startTestService, testSecret, testToken } from "#platform/testing/service.ts";
import type { BookUsers } from "../domain/catalogue/book-editor.ts";
import type { LiveCatalogue } from "../domain/catalogue/live-catalogue.ts";
import { openCatalogue } from "../open-catalogue.ts";
import { openFeeds } from "../open-feeds.ts";
import type { ReadAccountUsage } from "../peers/account-usage.ts";
import type { ListRules } from "../reading/fetch-list.ts";
import type { FeedParts } from "../rpc/feed-parts.ts";
import { pricingRoutes } from "../rpc/pricing-routes.ts";

/** An instance of Pricing in this process. */
export interface TestPricing {
  readonly client: Client<typeof PricingService>;
  readonly catalogue: LiveCatalogue;
  readonly feeds: FeedParts;
  stop(): Promise<void>;
}

/** What a test gives it besides Redis. */
export interface TestPricingOptions {
  readonly bookUsers?: BookUsers;
  readonly readAccountUsage?: ReadAccountUsage;
  readonly allowBundled?: boolean;
  /** Folder of lists that are files. */
  readonly feedFolder?: string;
  readonly rules?: Partial<ListRules>;
}

const noUsage: ReadAccountUsage = async () => ({ usages: [], isTruncated: false });

/** Starts one. Several with the same Redis are instances of one system. */
export async function startTestPricing(redis: Redis, options: TestPricingOptions = {}): Promise<TestPricing> {
  const {
    bookUsers = { hasAccountsOf: async () => false },
    readAccountUsage = noUsage,
    allowBundled = true,
    feedFolder,
    rules = {},
  } = options;
  const log = createLogger({ service: "test", level: process.env.TEST_LOG_LEVEL ?? "fatal", format: "json" });
  const settings = { PRICING_ALLOW_BUNDLED: allowBundled, PRICING_BUNDLED_MAX_AGE_DAYS: 30 };
  const catalogue = await openCatalogue(settings, redis, log);
  const feeds = openFeeds(redis, catalogue, {
    feedFolder,
    outbound: { allowPrivateAddresses: true, ports: "any" },
    ...rules,
  });
  const service = await startTestService({
    redis,
    reasons: [ErrorReasonSchema],
    routes: [pricingRoutes({ feeds, bookUsers, readAccountUsage, secret: Buffer.from(testSecret) })],
  });
  const token = await testToken({ scopes: ["pricing.calculate", "pricing.read", "pricing.manage"] });
  const client = createClient(
    PricingService,
    createGrpcTransport({
      baseUrl: service.baseUrl,
      interceptors: [
        (next) => (request) => {
          request.header.set("authorization", `Bearer ${token}`);
          return next(request);
        },
      ],
    }),
  );
  return {
    client,
    catalogue,
    feeds,
    async stop() {
      await service.drain();
      await catalogue.close();
    },
  };
}

/** Why a call was refused. */
export async function refusal(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    const refused = ConnectError.from(error);
    const { reason = "", metadata = {} } = refused.findDetails(ErrorInfoSchema)[0] ?? {};
    const { request_id: _, ...facts } = metadata;
    const fields = refused.findDetails(BadRequestSchema)[0]?.fieldViolations.map(({ field }) => field) ?? [];
    return { code: refused.code, reason, facts, fields, message: refused.rawMessage };
  }
  throw new Error("the call was not refused");
}
