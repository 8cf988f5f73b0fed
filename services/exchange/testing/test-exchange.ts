/** An Exchange in this process for tests: the real handlers over a real Redis, on a clock of the test. */
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorReasonSchema } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import type { TokenClaims } from "#platform/access/token.ts";
import { createPageTokens } from "#platform/paging/page-token.ts";
import { startTestService, testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { ExchangeState } from "../domain/exchange-state.ts";
import type { LiveExchange } from "../domain/live-exchange.ts";
import type { RateProviderDefaults } from "../domain/providers/provider-directory.ts";
import type { RefreshSchedules } from "../domain/providers/refresh-schedules.ts";
import { exchangeRoutes } from "../rpc/handlers.ts";
import { exchangeOwners } from "../rpc/owners.ts";
import { wireExchange } from "../wire-exchange.ts";
import { ecbDays, publishedAt, testProviders } from "./published-days.ts";

export interface TestExchange extends AsyncDisposable {
  readonly client: Client<typeof ExchangeRateService>;
  readonly live: LiveExchange;
  /** Not started. */
  readonly schedules: RefreshSchedules;
  /** The clock that the handlers see, epoch milliseconds. */
  readonly clock: { nowMs: number };
  /** Currencies that Core is made to have accounts in. */
  readonly usedCurrencies: Set<string>;
  /** A client with a token of these claims. */
  clientWith(claims: Partial<TokenClaims>): Promise<Client<typeof ExchangeRateService>>;
  stop(): Promise<void>;
}

export interface TestExchangeOptions {
  readonly redisUrl: string;
  /** Days that the ECB has published; default {@link ecbDays}. */
  readonly days?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly nowMs?: number;
  /** Default {@link testProviders}. */
  readonly providers?: readonly RateProviderDefaults[];
  /** Private hosts that providers may lie at. Default none. */
  readonly allowedHosts?: readonly string[];
  readonly dataFolder?: string;
  /** Longest silence of a stream. Default 15 s. */
  readonly heartbeatMs?: number;
  /** The server's spread. Default 0. */
  readonly quoteSpread?: string;
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The morning after the last of {@link ecbDays}. */
export const testNowMs = Date.parse("2026-04-14T09:00:00Z");

export async function startTestExchange(options: TestExchangeOptions): Promise<TestExchange> {
  const redis = await connectTestRedis(options.redisUrl, { onError: () => {} });
  const clock = { nowMs: options.nowMs ?? testNowMs };
  const now = () => clock.nowMs;
  const usedCurrencies = new Set<string>();
  const providers = options.providers ?? testProviders();
  const createState = () => {
    const state = new ExchangeState({ baseCurrency: "EUR", allowBundled: false, providers });
    for (const [day, rates] of Object.entries(options.days ?? ecbDays)) {
      const publishedAtMs = publishedAt(day);
      state.book.publish(
        "ecb",
        { baseCurrency: "EUR", publishedAtMs, rates: new Map(Object.entries(rates)) },
        { fetchedAtMs: publishedAtMs, bundled: false },
      );
    }
    return state;
  };
  const { parts, schedules } = wireExchange({
    redis,
    catalogue: providers,
    createState,
    hasAccounts: async (code) => usedCurrencies.has(code),
    policy: { allowedHosts: options.allowedHosts ?? [], ports: "any" },
    dataFolder: options.dataFolder ?? "/nonexistent",
    credentials: options.credentials ?? {},
    quoteSpread: options.quoteSpread ?? "0",
    onRefresh: () => {},
    onError: () => {},
    now,
  });
  const { live } = parts;
  await live.start();
  const service = await startTestService({
    redis,
    routes: [
      exchangeRoutes({
        ...parts,
        heartbeatMs: options.heartbeatMs ?? 15_000,
        refreshesOnSchedule: true,
        pageTokens: createPageTokens(Buffer.alloc(32, 1)),
      }),
    ],
    reasons: [ErrorReasonSchema],
    owners: exchangeOwners(parts.quotes),
  });
  const clientWith = async (claims: Partial<TokenClaims>) => {
    const authorization = `Bearer ${await testToken(claims)}`;
    const transport = createGrpcTransport({
      baseUrl: service.baseUrl,
      interceptors: [
        (next) => (request) => {
          request.header.set("authorization", authorization);
          return next(request);
        },
      ],
    });
    return createClient(ExchangeRateService, transport);
  };
  const stop = async () => {
    await schedules.stop();
    await service.drain();
    await live.stop();
    await redis.close();
  };
  return {
    client: await clientWith({ scopes: ["exchange.read", "exchange.manage"] }),
    live,
    schedules,
    clock,
    usedCurrencies,
    clientWith,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
