import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ConversionLine } from "#gen/billing/exchange/v1/conversion_rpc_pb.ts";
import { CurrencyState } from "#gen/billing/exchange/v1/currency_pb.ts";
import { ErrorReasonSchema as ExchangeReasons } from "#gen/billing/exchange/v1/error_reason_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { ErrorReasonSchema as PricingReasons } from "#gen/billing/pricing/v1/error_reason_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { routesOf } from "#platform/rpc/handlers.ts";
import { startTestService } from "#platform/testing/service.ts";

/** What the test makes Pricing and Exchange answer; changed while they run. */
export interface PeerScript {
  /** Price of one token in USD, by version; the last one is in force. */
  readonly prices: Array<{ version: string; perToken: string }>;
  /** USD for one EUR, as published. */
  rate: string;
  pricingDown: boolean;
  exchangeDown: boolean;
  /** Reason with which Pricing refuses every line; empty for none. */
  pricingRefusal: string;
  /** Reason with which Exchange refuses to convert every line; empty for none. */
  conversionRefusal: string;
  /** Quotes that Exchange knows, by id. */
  readonly quotes: Map<string, { expiresMs: number; maxUses: number; maxAmount: string }>;
  /** Lines that Pricing was asked for. */
  pricedLines: number;
}

/** A script in which one token costs 10⁻⁶ USD, a euro 1.25 USD, and nothing fails. */
export function newPeerScript(): PeerScript {
  return {
    prices: [{ version: "v1", perToken: "0.000001" }],
    rate: "1.25",
    pricingDown: false,
    exchangeDown: false,
    pricingRefusal: "",
    conversionRefusal: "",
    quotes: new Map(),
    pricedLines: 0,
  };
}

/** A line's refusal. */
function refused(reason: string, message: string, metadata: Record<string, string> = {}) {
  return { case: "error" as const, value: { reason, message, metadata } };
}

const priceId = "test/model";
const publishedMs = Date.UTC(2026, 3, 13, 14);

/** Pricing and Exchange on real ports, with answers that a test controls. */
export async function startFakePeers(redis: Redis, script: PeerScript) {
  const pricing = await startTestService({
    redis,
    reasons: [PricingReasons],
    routes: [
      routesOf(PricingService, {
        calculatePrices: ({ lines }) => {
          if (script.pricingDown) throw new ServiceError("SHUTTING_DOWN", "down");
          script.pricedLines += lines.length;
          return { results: lines.map((line) => ({ result: priceLine(script, line) })) };
        },
      }),
    ],
  });
  const exchange = await startTestService({
    redis,
    reasons: [ExchangeReasons],
    owners: {
      quoteId: {
        accountOf: () => undefined,
        notFound: () => new ServiceError("QUOTE_NOT_FOUND", "no such quote"),
      },
    },
    routes: [
      routesOf(ExchangeRateService, {
        getCurrency: ({ currencyCode }) => {
          if (script.exchangeDown) throw new ServiceError("SHUTTING_DOWN", "down");
          if (!["USD", "EUR", "JPY", "XTS"].includes(currencyCode))
            throw new ServiceError("CURRENCY_UNKNOWN", `no currency ${currencyCode}`);
          const minorDigits = currencyCode === "JPY" ? 0 : 2;
          return {
            currency: {
              currencyCode,
              minorDigits,
              ledgerScale: minorDigits + 6,
              state: currencyCode === "XTS" ? CurrencyState.INACTIVE : CurrencyState.ACTIVE,
            },
          };
        },
        convertBatch: ({ lines }) => {
          if (script.exchangeDown) throw new ServiceError("SHUTTING_DOWN", "down");
          return { results: lines.map((line) => ({ result: convertLine(script, line) })) };
        },
      }),
    ],
  });
  return {
    environment: { PRICING_URL: pricing.baseUrl, EXCHANGE_URL: exchange.baseUrl },
    stop: async () => {
      await Promise.all([pricing.drain(), exchange.drain()]);
    },
  };
}

type PricedLine = {
  readonly usage?: { priceId: string; quantities: Record<string, string>; at?: never };
  readonly selector: { case?: string | undefined; value?: string | undefined };
};

function priceLine(
  script: PeerScript,
  { usage, selector }: PricedLine | { usage?: unknown; selector: PricedLine["selector"] },
) {
  if (script.pricingRefusal !== "") return refused(script.pricingRefusal, "as the test says");
  const { priceId: asked, quantities, at } = usage as NonNullable<PricedLine["usage"]>;
  const price =
    selector.case === "priceVersion"
      ? script.prices.find(({ version }) => version === selector.value)
      : script.prices.at(-1);
  if (asked !== priceId || price === undefined) {
    return refused("PRICE_NOT_FOUND", `no price ${asked}`, { price_id: asked });
  }
  const exactTotal = Decimal.parse(quantities.tokens ?? "0")
    .multiply(Decimal.parse(price.perToken))
    .toString();
  const lineItems = [
    {
      meter: "tokens",
      quantity: quantities.tokens ?? "0",
      unitPrice: price.perToken,
      per: "1",
      amount: exactTotal,
      description: "tokens",
    },
  ];
  return {
    case: "priced" as const,
    value: {
      priceId: asked,
      priceVersion: price.version,
      priceBook: "default",
      currencyCode: "USD",
      exactTotal,
      lineItems,
      ...(at === undefined ? {} : { at }),
    },
  };
}

function convertLine(
  script: PeerScript,
  {
    fromCurrency,
    toCurrency,
    rateSource,
  }: Pick<ConversionLine, "fromCurrency" | "toCurrency" | "rateSource">,
) {
  if (script.conversionRefusal !== "") return refused(script.conversionRefusal, "as the test says");
  const inverted = fromCurrency === "USD" && toCurrency === "EUR";
  if (!inverted && !(fromCurrency === "EUR" && toCurrency === "USD")) {
    const metadata = { from_currency: fromCurrency, to_currency: toCurrency };
    return refused("RATE_UNAVAILABLE", "no such rate", metadata);
  }
  const quoteId = rateSource.case === "quoteId" ? rateSource.value : "";
  const quote = script.quotes.get(quoteId);
  if (quoteId !== "" && quote === undefined) return refused("QUOTE_NOT_FOUND", "no such quote");
  const publishedAt = timestampFromMs(publishedMs);
  const step = {
    baseCurrency: "EUR",
    quoteCurrency: "USD",
    publishedRate: script.rate,
    inverted,
    provider: "ecb",
    publishedAt,
  };
  const rate = { fromCurrency, toCurrency, rate: script.rate, steps: [step], publishedAt, provider: "ecb" };
  if (quote === undefined) return { case: "conversion" as const, value: { rate } };
  const { expiresMs, ...terms } = quote;
  return {
    case: "conversion" as const,
    value: {
      rate: { ...rate, quoteId },
      quote: { quoteId, ...terms, expiresAt: timestampFromMs(expiresMs) },
    },
  };
}
