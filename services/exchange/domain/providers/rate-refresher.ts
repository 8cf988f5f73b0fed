import type { StoredDocument } from "#platform/documents/document.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { Validators } from "#platform/http-client/fetch-outbound.ts";
import { type Lease, LeaseLost, tryAcquireLease } from "#platform/lease/lease.ts";
import { type ExchangeStore, publicationId } from "../../store/exchange-store.ts";
import { type ProviderStatusStore, refreshLeaseKey } from "../../store/provider-status-store.ts";
import type { ProviderStatusRecord, PublicationRecord } from "../../store/records.ts";
import { ExchangeError, type ExchangeReason } from "../exchange-error.ts";
import { inSlices } from "../in-slices.ts";
import type { LiveExchange } from "../live-exchange.ts";
import type { Publication } from "../rates/rate-book.ts";
import { type Screening, screenPublications } from "../review/publication-screening.ts";
import type { RateProvider } from "./provider-directory.ts";
import type { FeedReader, FeedReading } from "./rate-feed.ts";

/** What came of the refresh of one provider. */
export interface RefreshResult {
  readonly providerId: string;
  readonly outcome: "updated" | "unchanged" | "failed";
  readonly acceptedCount: number;
  readonly heldCount: number;
  readonly refusedCount: number;
  /** When the newest of what was read was published, epoch milliseconds; undefined on failure. */
  readonly publishedAtMs: number | undefined;
  /** Undefined on success. */
  readonly error: ExchangeError | undefined;
}

export interface RefreshOptions {
  /** Reads everything even if the provider says that nothing changed. */
  readonly ignoreValidators: boolean;
  readonly signal: AbortSignal;
}

/** What refreshing needs. */
export interface RefresherParts {
  readonly store: ExchangeStore;
  readonly statuses: ProviderStatusStore;
  readonly live: LiveExchange;
  readonly readFeed: FeedReader;
  /** Told of what a refresh brought, for the log. */
  readonly onRefresh: (result: RefreshResult) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const documentsAtOnce = 1_000;
const attempts = 3;
const longestMessage = 500;
const inProgressRetryMs = 1_000;

/** Asks providers for their rates, screens them and stores what is new; one instance at a time for each. */
export class RateRefresher {
  readonly #parts: RefresherParts;

  constructor(parts: RefresherParts) {
    this.#parts = parts;
  }

  /**
   * Refreshes a provider. A fault of the provider is in the result.
   *
   * @throws ExchangeError PROVIDER_NOT_FOUND, CommonError STORE_UNAVAILABLE: what is known stays.
   */
  async refresh(providerId: string, options: RefreshOptions): Promise<RefreshResult> {
    const provider = this.#parts.live.state.providers.require(providerId);
    if (!provider.enabled) return failed(provider, refusal(provider, "PROVIDER_DISABLED", "is disabled"));
    const { redis } = this.#parts.store;
    const { lease } = await tryAcquireLease({ redis, key: refreshLeaseKey(providerId) });
    if (lease === undefined)
      return failed(provider, refusal(provider, "REFRESH_IN_PROGRESS", "is being refreshed"));
    try {
      const result = await this.#refreshUnder(lease, provider, options);
      this.#parts.onRefresh(result);
      return result;
    } catch (error) {
      // Another instance took over while this one stood still.
      if (!(error instanceof LeaseLost)) throw error;
      return failed(provider, refusal(provider, "REFRESH_IN_PROGRESS", "is being refreshed"));
    } finally {
      await lease.release();
    }
  }

  async #refreshUnder(lease: Lease, provider: RateProvider, options: RefreshOptions): Promise<RefreshResult> {
    const { statuses, readFeed, now } = this.#parts;
    const startedAtMs = now();
    const [before] = await statuses.read([provider.providerId]);
    const status = { ...before!, lastAttemptAtMs: startedAtMs };
    const validators = options.ignoreValidators ? {} : validatorsOf(status, provider);
    const signal = AbortSignal.any([options.signal, lease.signal]);
    try {
      const reading = await readFeed(provider, validators, signal);
      lease.assertHeld();
      const result =
        reading === undefined
          ? this.#unchanged(provider)
          : await this.#takeIn(provider, reading.publications);
      // Only now: a refresh that ends before begins anew, and finds what it has stored already.
      await statuses.write(lease, provider.providerId, succeeded(status, provider, now(), reading));
      return result;
    } catch (thrown) {
      const error = isTooLarge(thrown) ? tooLarge(provider, thrown) : thrown;
      // Being told to stop says nothing about the provider.
      if (!(error instanceof ExchangeError) || signal.aborted) throw error;
      await statuses.write(lease, provider.providerId, {
        ...status,
        consecutiveFailures: status.consecutiveFailures + 1,
        lastErrorReason: error.reason,
        lastErrorMessage: error.message.slice(0, longestMessage),
      });
      return failed(provider, error);
    }
  }

  #unchanged({ providerId }: RateProvider): RefreshResult {
    const publishedAtMs = this.#parts.live.state.publications.last(providerId)?.publishedAtMs;
    return { providerId, outcome: "unchanged", ...nothing, publishedAtMs, error: undefined };
  }

  /** Screens an answer and stores what changes, all of it at once. */
  async #takeIn(provider: RateProvider, publications: readonly Publication[]): Promise<RefreshResult> {
    const { store, live, now } = this.#parts;
    const collection = store.publications(provider.providerId);
    for (let attempt = 1; ; attempt++) {
      const stored = await this.#storedOf(provider, publications);
      const nowMs = now();
      const screening = await screenPublications({
        state: live.state,
        provider,
        publications,
        stored,
        nowMs,
      });
      requireUsable(provider, publications, screening);
      const writes = screening.drafts.map((draft) => ({
        id: publicationId(draft.publication.publishedAtMs),
        expectedVersion: draft.storedVersion,
        value: draft.record(),
      }));
      try {
        const outcomes = await collection.write(writes);
        await inSlices(outcomes.entries(), ([index, { id, version }]) =>
          live.state.applyPublication(provider.providerId, { id, version, value: writes[index]!.value }),
        );
        live.takeOver(() => {});
        return completed(provider, publications, screening);
      } catch (error) {
        // Somebody decided about a held rate meanwhile, or an instance that was thought dead came first.
        const isRace = error instanceof CommonError && error.reason === "VERSION_MISMATCH";
        if (!isRace || attempt === attempts) throw error;
      }
    }
  }

  async #storedOf(
    provider: RateProvider,
    publications: readonly Publication[],
  ): Promise<ReadonlyMap<number, StoredDocument<PublicationRecord>>> {
    const collection = this.#parts.store.publications(provider.providerId);
    const ids = publications.map(({ publishedAtMs }) => publicationId(publishedAtMs));
    const stored = new Map<number, StoredDocument<PublicationRecord>>();
    for (let first = 0; first < ids.length; first += documentsAtOnce) {
      const documents = await collection.getMany(ids.slice(first, first + documentsAtOnce));
      for (const each of documents) if (each !== undefined) stored.set(each.value.publishedAtMs, each);
    }
    return stored;
  }
}

/** More days, or more rates at a time, than can be stored at once. */
function isTooLarge(error: unknown): error is CommonError {
  return error instanceof CommonError && error.reason === "REQUEST_TOO_LARGE";
}

function tooLarge({ providerId }: RateProvider, cause: CommonError): ExchangeError {
  const metadata = { provider_id: providerId };
  return new ExchangeError("PROVIDER_ANSWER_INVALID", `the answer is too large: ${cause.message}`, {
    metadata,
    cause,
  });
}

function validatorsOf({ validators }: ProviderStatusRecord, { url }: RateProvider): Validators {
  if (validators === undefined || validators.url !== url) return {};
  const { url: _, ...others } = validators;
  return others;
}

/** An answer of which nothing can be used is none. */
function requireUsable(
  { providerId }: RateProvider,
  publications: readonly Publication[],
  { refusedCount }: Screening,
): void {
  const count = publications.reduce((sum, { rates }) => sum + rates.size, 0);
  if (refusedCount === count)
    throw new ExchangeError("PROVIDER_ANSWER_INVALID", "the answer has no rate that can be used", {
      metadata: { provider_id: providerId },
    });
}

function succeeded(
  status: ProviderStatusRecord,
  { url }: RateProvider,
  nowMs: number,
  reading: FeedReading | undefined,
): ProviderStatusRecord {
  return {
    ...status,
    lastSuccessAtMs: nowMs,
    consecutiveFailures: 0,
    lastErrorReason: "",
    lastErrorMessage: "",
    ...(reading === undefined ? {} : { validators: { url, ...reading.validators } }),
  };
}

function completed(
  { providerId }: RateProvider,
  publications: readonly Publication[],
  { drafts, acceptedCount, heldCount, refusedCount }: Screening,
): RefreshResult {
  const outcome = drafts.length > 0 ? "updated" : "unchanged";
  const publishedAtMs = publications.at(-1)?.publishedAtMs;
  return { providerId, outcome, acceptedCount, heldCount, refusedCount, publishedAtMs, error: undefined };
}

const nothing = { acceptedCount: 0, heldCount: 0, refusedCount: 0, publishedAtMs: undefined } as const;

function failed({ providerId }: RateProvider, error: ExchangeError): RefreshResult {
  return { providerId, outcome: "failed", ...nothing, error };
}

function refusal({ providerId }: RateProvider, reason: ExchangeReason, why: string): ExchangeError {
  return new ExchangeError(reason, `the provider ${providerId} ${why}`, {
    metadata: { provider_id: providerId },
    ...(reason === "REFRESH_IN_PROGRESS" ? { retryAfterMs: inProgressRetryMs } : {}),
  });
}
