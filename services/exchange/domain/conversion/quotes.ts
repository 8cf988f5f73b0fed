import { randomUUID } from "node:crypto";
import { Decimal } from "#money/decimal.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { QuoteRecord, QuoteStore } from "../../store/quote-store.ts";
import { ExchangeError } from "../exchange-error.ts";
import type { LiveExchange } from "../live-exchange.ts";
import { digestOf } from "../versioned-change.ts";
import { type Quote, quoteOf } from "./quote.ts";

/** A quote as it is asked for. */
export interface QuoteRequest {
  readonly accountId: string;
  readonly fromCurrency: string;
  readonly toCurrency: string;
  readonly ttlMs: number;
  /** Undefined means the server's spread. */
  readonly spread: string | undefined;
  readonly maxUses: number;
  /** Empty means no bound. */
  readonly maxAmount: string;
  readonly idempotencyKey: string;
}

/** Who asks for a quote. */
export interface QuoteCaller {
  readonly subject: string;
  /** The account that the caller is bound to; undefined if to none. */
  readonly account: string | undefined;
}

/** What quotes need. */
export interface QuoteParts {
  readonly store: QuoteStore;
  readonly live: LiveExchange;
  /** The server's spread, decimal from 0 to below 1. */
  readonly defaultSpread: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const mostOpen = 1_000;
/** A hold that locked a quote lives for a day at most; people ask about it longer. */
const keptAfterExpiryMs = 30 * 24 * 60 * 60 * 1_000;

/** Makes and finds quotes. */
export class Quotes {
  readonly #parts: QuoteParts;

  constructor(parts: QuoteParts) {
    this.#parts = parts;
  }

  /**
   * Promises the rate of now, less a spread; the same request again finds the same quote, whatever has changed.
   *
   * @throws ExchangeError and CommonError as the contract states for CreateQuote.
   */
  async create(asked: QuoteRequest, caller: QuoteCaller): Promise<{ quote: Quote; isReplay: boolean }> {
    const { store } = this.#parts;
    const { accountId, idempotencyKey } = asked;
    const request = { accountId, idempotencyKey, fingerprint: fingerprintOf(asked) };
    const before = await store.findByRequest(request);
    if (before === "key-reused") throw keyReused();
    if (before !== undefined) return { quote: quoteOf(before), isReplay: true };

    const record = this.#recordOf(asked, caller);
    const keepMs = asked.ttlMs + keptAfterExpiryMs;
    const storing = await store.create(record, request, { mostOpen, keepMs });
    switch (storing.outcome) {
      case "created":
        return { quote: quoteOf(record), isReplay: false };
      case "replay":
        return { quote: quoteOf(storing.quote), isReplay: true };
      case "key-reused":
        throw keyReused();
      case "limit-reached":
        throw new ExchangeError("QUOTE_LIMIT_REACHED", `the account has ${mostOpen} open quotes`, {
          metadata: { limit: String(mostOpen) },
        });
    }
  }

  async find(quoteId: string): Promise<Quote | undefined> {
    const record = await this.#parts.store.read(quoteId);
    return record && quoteOf(record);
  }

  /** Those that there are, by id. */
  async findMany(quoteIds: Iterable<string>): Promise<ReadonlyMap<string, Quote>> {
    const records = await this.#parts.store.readMany([...quoteIds]);
    return new Map([...records].map(([quoteId, record]) => [quoteId, quoteOf(record)]));
  }

  #recordOf(asked: QuoteRequest, caller: QuoteCaller): QuoteRecord {
    const { live, defaultSpread, now } = this.#parts;
    const { fromCurrency, toCurrency, accountId, maxAmount, maxUses } = asked;
    if (caller.account !== undefined && asked.spread !== undefined)
      throw new ExchangeError(
        "QUOTE_TERMS_NOT_PERMITTED",
        "a token that is bound to an account may not choose the spread",
        { fields: [{ field: "spread", description: "must be unset" }] },
      );
    const { book, currencies } = live.state;
    for (const code of [fromCurrency, toCurrency]) currencies.requireActive(code);
    if (fromCurrency === toCurrency)
      throw new ExchangeError("RATE_INVALID", "to_currency must be another one than from_currency", {
        fields: [{ field: "to_currency", description: "must be another one than from_currency" }],
      });
    const nowMs = now();
    const { steps } = book.at(nowMs).find(fromCurrency, toCurrency);
    return {
      quoteId: `qt_${randomUUID()}`,
      accountId,
      fromCurrency,
      toCurrency,
      steps: steps.map(
        ({ baseCurrency, quoteCurrency, publishedRate, inverted, providerId, publishedAtMs, bundled }) => ({
          baseCurrency,
          quoteCurrency,
          publishedRate,
          inverted,
          providerId,
          publishedAtMs,
          bundled,
        }),
      ),
      spread: asked.spread ?? defaultSpread,
      maxAmount,
      maxUses,
      createdAtMs: nowMs,
      expiresAtMs: nowMs + asked.ttlMs,
      createdBy: caller.subject,
    };
  }
}

/** The request as sent, decimals in one form. */
function fingerprintOf({ idempotencyKey: _, spread, maxAmount, ...asked }: QuoteRequest): string {
  const plain = (decimal: string | undefined) => decimal && Decimal.parse(decimal).toString();
  return digestOf({ ...asked, spread: plain(spread), maxAmount: plain(maxAmount) });
}

function keyReused(): CommonError {
  return new CommonError("IDEMPOTENCY_KEY_REUSED", "the key was used for another quote");
}
