import { durationMs } from "@bufbuild/protobuf/wkt";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { quoteNotFound } from "../domain/conversion/quote.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { quoteMessage } from "./quote-messages.ts";

const defaultTtlMs = 60_000;
const defaultUses = 1;

/** CreateQuote and GetQuote. */
export function quoteHandlers({ quotes, now }: ExchangeParts) {
  return {
    async createQuote(request, { caller }) {
      const { accountId, fromCurrency, toCurrency, ttl, spread, maxUses, maxAmount, idempotencyKey } =
        request;
      const asked = {
        accountId,
        fromCurrency,
        toCurrency,
        ttlMs: ttl === undefined ? defaultTtlMs : durationMs(ttl),
        spread,
        maxUses: maxUses ?? defaultUses,
        maxAmount,
        idempotencyKey,
      };
      const { quote, isReplay } = await quotes.create(asked, caller);
      return { quote: quoteMessage(quote), idempotentReplay: isReplay };
    },
    async getQuote({ quoteId }) {
      const quote = await quotes.find(quoteId);
      if (quote === undefined) throw quoteNotFound();
      return { quote: quoteMessage(quote), expired: now() >= quote.expiresAtMs };
    },
  } satisfies ServiceHandlers<typeof ExchangeRateService>;
}
