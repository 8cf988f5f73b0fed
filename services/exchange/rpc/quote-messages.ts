import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type Quote as QuoteMessage, QuoteSchema } from "#gen/billing/exchange/v1/quote_pb.ts";
import { Decimal } from "#money/decimal.ts";
import type { Quote } from "../domain/conversion/quote.ts";
import { exactRateMessage } from "./rate-messages.ts";

/** A quote as the contract says it. */
export function quoteMessage(quote: Quote): QuoteMessage {
  const { quoteId, spread } = quote;
  const rate = exactRateMessage(quote.rate);
  rate.quoteId = quoteId;
  rate.spread = Decimal.parse(spread).isZero() ? "" : spread;
  return create(QuoteSchema, {
    quoteId,
    accountId: quote.accountId,
    rate,
    maxAmount: quote.maxAmount,
    maxUses: quote.maxUses,
    createdAt: timestampFromMs(quote.createdAtMs),
    expiresAt: timestampFromMs(quote.expiresAtMs),
    createdBy: quote.createdBy,
  });
}
