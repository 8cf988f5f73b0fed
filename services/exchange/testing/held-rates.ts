/** Feeds that are held for review, and what is shown of them. */
import { after, before } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type HeldRateState, HoldReason } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import type { FeedDay } from "./feed-bodies.ts";
import type { TestExchange } from "./test-exchange.ts";

export let redis: TestRedis;
before(async () => {
  redis = await startRedis();
});
after(async () => {
  await redis?.stop();
});

export const rateOf = async ({ client }: TestExchange, to: string, asOfMs?: number) => {
  const asOf = asOfMs === undefined ? {} : { asOf: timestampFromMs(asOfMs) };
  const { rate } = await client.getRate({ fromCurrency: "EUR", toCurrency: to, ...asOf });
  return rate?.rate?.rate;
};
export const refresh = async ({ client }: TestExchange) =>
  (await client.refreshRates({ ignoreEtag: true })).refreshes;
export const heldOf = async ({ client }: TestExchange, request: { state?: HeldRateState } = {}) =>
  (await client.listHeldRates(request)).heldRates;
const nameOf = (reason: number) =>
  Object.entries(HoldReason).find(([, number]) => number === reason)?.[0] ?? "";
export const shown = async (exchange: TestExchange, request: { state?: HeldRateState } = {}) =>
  Object.fromEntries(
    (await heldOf(exchange, request)).map(({ published, holdReason }) => [
      published?.quoteCurrency,
      nameOf(holdReason),
    ]),
  );
export const withRates = (day: FeedDay, rates: Record<string, string>): FeedDay => ({
  ...day,
  rates: { ...day.rates, ...rates },
});
