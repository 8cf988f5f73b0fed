import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import type { ExchangeState } from "../exchange-state.ts";
import { inSlices } from "../in-slices.ts";
import type { RateProvider } from "../providers/provider-directory.ts";
import type { Publication } from "../rates/rate-book.ts";
import { PublicationDraft, type StoredPublication } from "./publication-draft.ts";
import { lastGoodRate, ratesOfOthers } from "./rate-evidence.ts";
import { type ComparedRate, judgeRate } from "./rate-guard.ts";

/** What is screened, and what is known. */
export interface ScreeningTerms {
  readonly state: ExchangeState;
  readonly provider: RateProvider;
  /** As the provider answered, oldest first. */
  readonly publications: readonly Publication[];
  /** What is stored of them already, by time of publication. */
  readonly stored: ReadonlyMap<number, StoredPublication>;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** What comes of an answer. */
export interface Screening {
  /** Only those that change something. */
  readonly drafts: readonly PublicationDraft[];
  readonly acceptedCount: number;
  readonly heldCount: number;
  readonly refusedCount: number;
}

/** The ECB publishes at about 16:00, sometimes minutes earlier. */
const futureToleranceMs = 30 * 60 * 1_000;
const ratePattern = /^[0-9]{1,18}([.][0-9]{1,18})?$/;
const isZero = /^[0.]*$/;

/**
 * Decides about each rate of an answer: accepted, held for review, or refused because it cannot be used.
 *
 * What is older than the provider's newest known rate of a currency fills the history without comparison: it
 * is never the rate of now. So does the history that a currency begins with; but if its newest rate is held,
 * all of that is left out.
 */
export async function screenPublications(terms: ScreeningTerms): Promise<Screening> {
  const screening = new PublicationScreening(terms);
  await inSlices(terms.publications, (publication) => screening.screen(publication));
  return screening.result();
}

class PublicationScreening {
  readonly #terms: ScreeningTerms;
  readonly #drafts: PublicationDraft[] = [];
  /** Currency → when the newest rate of the answer was published. */
  readonly #newest = new Map<string, number>();
  /** Currency → the last rate of the answer that is in force, or would be. */
  readonly #running = new Map<string, ComparedRate>();
  /** Currencies with a history in the answer and none before whose newest rate was held. */
  readonly #distrusted = new Set<string>();
  #refusedCount = 0;

  constructor(terms: ScreeningTerms) {
    this.#terms = terms;
    for (const { publishedAtMs, rates } of terms.publications)
      for (const currency of rates.keys()) this.#newest.set(currency, publishedAtMs);
  }

  screen(publication: Publication): void {
    const { stored, nowMs } = this.#terms;
    const draft = new PublicationDraft(publication, stored.get(publication.publishedAtMs), nowMs);
    this.#drafts.push(draft);
    const found = { compared: 0, inverted: 0 };
    for (const [currency, digits] of publication.rates) {
      if (!this.#isUsable(publication, currency, digits)) this.#refusedCount += 1;
      else this.#screenRate(draft, currency, digits, found);
    }
    // A rate near 1 hardly differs from its inverse: the rates beside it tell.
    if (found.inverted * 2 > found.compared) this.#holdAllAsInverted(draft);
  }

  result(): Screening {
    for (const draft of this.#drafts) for (const currency of this.#distrusted) draft.drop(currency);
    const drafts = this.#drafts.filter((draft) => draft.isChanged);
    const sum = (count: (draft: PublicationDraft) => number) =>
      drafts.reduce((total, draft) => total + count(draft), 0);
    return {
      drafts,
      acceptedCount: sum(({ acceptedCount }) => acceptedCount),
      heldCount: sum(({ heldCount }) => heldCount),
      refusedCount: this.#refusedCount,
    };
  }

  #isUsable({ baseCurrency }: Publication, currency: string, digits: string): boolean {
    const { currencies } = this.#terms.state;
    const areKnown = currencies.find(baseCurrency) !== undefined && currencies.find(currency) !== undefined;
    return areKnown && currency !== baseCurrency && ratePattern.test(digits) && !isZero.test(digits);
  }

  #screenRate(
    draft: PublicationDraft,
    currency: string,
    digits: string,
    found: { compared: number; inverted: number },
  ): void {
    const { state, provider, nowMs } = this.#terms;
    const { baseCurrency, publishedAtMs } = draft.publication;
    const isFuture = publishedAtMs > nowMs + futureToleranceMs;
    if (draft.knows(currency, digits, isFuture)) return;
    if (draft.hasRate(currency) || isFuture) {
      const reason = isFuture ? "future-date" : "revised";
      const lastGood = lastGoodRate(state, provider, { baseCurrency, currency, publishedAtMs });
      const { changePercent } = judgeRate(digits, {
        lastGood,
        others: [],
        pair: this.#pair(draft, currency),
      });
      draft.hold(currency, digits, { reason, changePercent, others: [], ...stepOf(lastGood) });
      return;
    }
    const knownMs = state.book.newestMs(provider.providerId, baseCurrency, currency);
    const isHistory =
      knownMs === undefined ? this.#newest.get(currency) !== publishedAtMs : publishedAtMs < knownMs;
    if (!isHistory && !this.#passes(draft, currency, digits, found)) {
      if (knownMs === undefined) this.#distrusted.add(currency);
      return;
    }
    draft.accept(currency, digits);
    this.#running.set(currency, comparedRate(draft.publication, currency, digits, provider));
  }

  /** Holds the rate if a guard does. */
  #passes(
    draft: PublicationDraft,
    currency: string,
    digits: string,
    found: { compared: number; inverted: number },
  ): boolean {
    const { state, provider } = this.#terms;
    const { baseCurrency, publishedAtMs } = draft.publication;
    const published = { baseCurrency, currency, publishedAtMs };
    const isNew = state.book.newestMs(provider.providerId, baseCurrency, currency) === undefined;
    const running = this.#running.get(currency);
    const known = lastGoodRate(state, provider, published);
    // A history that begins here is no evidence for its own end while there is another.
    const lastGood = isNew ? (known ?? running) : (running ?? known);
    const others = ratesOfOthers(state, provider, published);
    const { reason, changePercent } = judgeRate(digits, {
      lastGood,
      others,
      pair: this.#pair(draft, currency),
    });
    if (lastGood !== undefined) found.compared += 1;
    if (reason === "inverted") found.inverted += 1;
    if (reason === undefined) return true;
    draft.hold(currency, digits, {
      reason,
      changePercent,
      others: reason === "consensus" ? others.map(({ step }) => step) : [],
      ...stepOf(lastGood),
    });
    return false;
  }

  #holdAllAsInverted(draft: PublicationDraft): void {
    const { state, provider } = this.#terms;
    const { baseCurrency, publishedAtMs } = draft.publication;
    for (const [currency, digits] of draft.added()) {
      draft.drop(currency);
      const lastGood = lastGoodRate(state, provider, { baseCurrency, currency, publishedAtMs });
      const pair = this.#pair(draft, currency);
      const { changePercent } = judgeRate(digits, { lastGood, others: [], pair });
      draft.hold(currency, digits, { reason: "inverted", changePercent, others: [], ...stepOf(lastGood) });
      if (state.book.newestMs(provider.providerId, baseCurrency, currency) === undefined)
        this.#distrusted.add(currency);
    }
  }

  #pair({ publication }: PublicationDraft, currency: string) {
    const { currencies } = this.#terms.state;
    return [currencies.require(publication.baseCurrency), currencies.require(currency)] as const;
  }
}

function stepOf(compared: ComparedRate | undefined) {
  return compared === undefined ? {} : { lastGood: compared.step };
}

function comparedRate(
  { baseCurrency, publishedAtMs }: Publication,
  currency: string,
  digits: string,
  { providerId }: RateProvider,
): ComparedRate {
  return {
    factor: Ratio.fromDecimal(Decimal.parse(digits)),
    step: { baseCurrency, quoteCurrency: currency, publishedRate: digits, providerId, publishedAtMs },
  };
}
