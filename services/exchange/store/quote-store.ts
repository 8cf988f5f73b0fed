import { createHash } from "node:crypto";
import { type Static, Type } from "typebox";
import { recordCodec } from "#platform/documents/record-codec.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript } from "#platform/redis/script.ts";
import { exchangeTag } from "./exchange-store.ts";

const timeMs = Type.Integer({ minimum: 0 });

export const quoteRecord = Type.Object({
  quoteId: Type.String(),
  accountId: Type.String(),
  fromCurrency: Type.String(),
  toCurrency: Type.String(),
  /** Empty never: a quote is between two currencies. */
  steps: Type.Array(
    Type.Object({
      baseCurrency: Type.String(),
      quoteCurrency: Type.String(),
      publishedRate: Type.String(),
      inverted: Type.Boolean(),
      providerId: Type.String(),
      publishedAtMs: timeMs,
      bundled: Type.Boolean(),
    }),
  ),
  spread: Type.String(),
  maxAmount: Type.String(),
  maxUses: Type.Integer({ minimum: 0 }),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
  createdBy: Type.String(),
});
/** A quote as it is kept. */
export type QuoteRecord = Static<typeof quoteRecord>;

/** What became of the storing of a quote. */
export type QuoteStoring =
  | { readonly outcome: "created" }
  | { readonly outcome: "replay"; readonly quote: QuoteRecord }
  | { readonly outcome: "key-reused" }
  | { readonly outcome: "limit-reached" };

/** A request for a quote, as it is told from others. */
export interface QuoteRequestKey {
  readonly accountId: string;
  readonly idempotencyKey: string;
  /** The same for the same request. */
  readonly fingerprint: string;
}

const createQuoteScript = createScript("write", readLua(import.meta.url, "./scripts/create-quote.lua"));
const quotePrefix = `{${exchangeTag}}:quote:`;
const codec = recordCodec(quoteRecord);
const keysAtOnce = 1_000;

/** Quotes, each a key of its own that goes away by itself. */
export class QuoteStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /**
   * Stores a quote, or finds the one that the same request made before.
   *
   * @param keepMs how long it can be read, from now.
   */
  async create(
    quote: QuoteRecord,
    request: QuoteRequestKey,
    { mostOpen, keepMs }: { readonly mostOpen: number; readonly keepMs: number },
  ): Promise<QuoteStoring> {
    const { accountId, fingerprint } = request;
    const keys = [
      quotePrefix + quote.quoteId,
      requestKey(request),
      `{${exchangeTag}}:quotes-open:${accountId}`,
    ];
    const numbers = [quote.createdAtMs, quote.expiresAtMs, mostOpen, keepMs].map(String);
    const args = [quote.quoteId, codec.encode(quote), fingerprint, ...numbers, quotePrefix];
    const [status, json = ""] = await runScript<[string, string?]>(
      this.#redis,
      createQuoteScript,
      keys,
      args,
    );
    switch (status) {
      case "CREATED":
        return { outcome: "created" };
      case "REPLAY":
        return { outcome: "replay", quote: codec.decode(json) };
      case "REUSED":
        return { outcome: "key-reused" };
      case "LIMIT":
        return { outcome: "limit-reached" };
      default:
        throw new TypeError(`the storing of a quote answered ${status}`);
    }
  }

  /** What a request made before; "key-reused" if its key was used for another. */
  async findByRequest(request: QuoteRequestKey): Promise<QuoteRecord | "key-reused" | undefined> {
    const key = requestKey(request);
    const text = await this.#redis.command<string | null>(key, ["GET", key]);
    if (text === null) return undefined;
    const [fingerprint, quoteId = ""] = text.split(" ");
    if (fingerprint !== request.fingerprint) return "key-reused";
    return this.read(quoteId);
  }

  async read(quoteId: string): Promise<QuoteRecord | undefined> {
    return (await this.readMany([quoteId])).get(quoteId);
  }

  /** Those that there are, by id. */
  async readMany(quoteIds: readonly string[]): Promise<ReadonlyMap<string, QuoteRecord>> {
    const quotes = new Map<string, QuoteRecord>();
    for (let first = 0; first < quoteIds.length; first += keysAtOnce) {
      const keys = quoteIds.slice(first, first + keysAtOnce).map((quoteId) => quotePrefix + quoteId);
      const texts = await this.#redis.command<Array<string | null>>(keys[0]!, ["MGET", ...keys]);
      for (const text of texts) {
        if (text === null) continue;
        const quote = codec.decode(text);
        quotes.set(quote.quoteId, quote);
      }
    }
    return quotes;
  }
}

/** A digest, since a key may hold any visible character. */
function requestKey({ accountId, idempotencyKey }: QuoteRequestKey): string {
  const digest = createHash("sha256").update(idempotencyKey).digest("base64url");
  return `{${exchangeTag}}:quote-request:${accountId}:${digest}`;
}
