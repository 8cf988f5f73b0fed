import type { StoredDocument } from "#platform/documents/document.ts";
import type { OverrideRecord, ProviderRecord, PublicationRecord } from "../store/records.ts";
import { CurrencyDirectory, type CurrencyDocument } from "./currencies/currency-directory.ts";
import { ProviderDirectory, type RateProviderDefaults } from "./providers/provider-directory.ts";
import { costBasisRates } from "./rates/cost-basis-rates.ts";
import { overrideRates } from "./rates/override-timeline.ts";
import { type Publication, RateBook } from "./rates/rate-book.ts";
import { PublicationLog } from "./review/publication-log.ts";

/** What the state of a start is made of. */
export interface ExchangeStateTerms {
  readonly baseCurrency: string;
  /** Whether rates that came with the software may be used however old the software is. */
  readonly allowBundled: boolean;
  readonly providers: readonly RateProviderDefaults[];
}

/** Everything that answers are made from, in memory: currencies, rates, providers, what waits for review. */
export class ExchangeState {
  readonly currencies: CurrencyDirectory;
  readonly providers: ProviderDirectory;
  readonly publications: PublicationLog;
  readonly book: RateBook;
  readonly #overrideVersions = new Map<string, number>();

  constructor(terms: ExchangeStateTerms) {
    this.currencies = new CurrencyDirectory(terms.baseCurrency);
    this.providers = new ProviderDirectory(terms.providers);
    this.publications = new PublicationLog();
    this.book = new RateBook({ ...terms, providers: this.providers.inOrder() });
  }

  /** Takes in rates that came with the software. */
  applyBundled(providerId: string, publication: Publication): void {
    this.publications.noteBundled(providerId, publication);
    const origin = { fetchedAtMs: publication.publishedAtMs, bundled: true };
    this.book.publish(providerId, publication, origin);
  }

  applyCurrency(document: CurrencyDocument): void {
    this.currencies.apply(document);
    const currency = this.currencies.require(document.id);
    this.book.setFixedRates("costBasis", currency.code, costBasisRates(currency));
  }

  /** @param versions all of a pair's, oldest first. */
  applyOverride(pair: string, versions: ReadonlyArray<StoredDocument<OverrideRecord>>): void {
    const latest = versions.at(-1)?.version ?? 0;
    if (latest < (this.#overrideVersions.get(pair) ?? 0)) return;
    this.#overrideVersions.set(pair, latest);
    this.book.setFixedRates("manual", pair, overrideRates(versions));
  }

  applyProvider(document: Pick<StoredDocument<ProviderRecord>, "id" | "version" | "value">): void {
    this.providers.apply(document);
    this.book.setProviders(this.providers.inOrder());
  }

  applyPublication(
    providerId: string,
    document: Pick<StoredDocument<PublicationRecord>, "id" | "version" | "value">,
  ): void {
    if (!this.publications.apply(providerId, document)) return;
    const { baseCurrency, publishedAtMs, fetchedAtMs, rates } = document.value;
    const publication = { baseCurrency, publishedAtMs, rates: new Map(Object.entries(rates)) };
    this.book.publish(providerId, publication, { fetchedAtMs, bundled: false });
  }
}
