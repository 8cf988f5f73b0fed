import type { StoredDocument } from "#platform/documents/document.ts";
import type { ProviderRecord } from "../../store/records.ts";
import { ExchangeError } from "../exchange-error.ts";

/** How a provider's rates are written. */
export type RateFormat =
  | "ecb-daily"
  | "ecb-history"
  | "frankfurter-v1"
  | "frankfurter-v2"
  | "open-exchange-rates"
  | "open-er-api"
  | "static-file";

/** A provider as it is before anybody changes its settings. */
export interface RateProviderDefaults {
  readonly providerId: string;
  readonly displayName: string;
  readonly format: RateFormat;
  readonly enabled: boolean;
  /** Order of fallback, lowest first. */
  readonly priority: number;
  /** Address that is fetched; empty for a file. */
  readonly url: string;
  /** File that is read, below the data directory; empty for an address. */
  readonly filePath: string;
  readonly refreshIntervalMs: number;
  /** Age from which its rates are refused, counted from when they were published. */
  readonly maxAgeMs: number;
  readonly fetchTimeoutMs: number;
  /** Words that its licence asks for where its rates are shown; empty means none. */
  readonly attribution: string;
}

/** A provider as it is now. */
export interface RateProvider extends RateProviderDefaults {
  /** Increases with every change; 1 before the first. */
  readonly configVersion: number;
}

/** The providers that there are, with their settings. In memory. */
export class ProviderDirectory {
  readonly #defaults: ReadonlyMap<string, RateProviderDefaults>;
  readonly #providers = new Map<string, RateProvider>();

  constructor(defaults: readonly RateProviderDefaults[]) {
    this.#defaults = new Map(defaults.map((each) => [each.providerId, each]));
    for (const each of defaults) this.#providers.set(each.providerId, { ...each, configVersion: 1 });
  }

  /** Takes over settings, unless newer ones are known, or they are of a provider that there is no more. */
  apply(document: Pick<StoredDocument<ProviderRecord>, "id" | "version" | "value">): void {
    const known = this.#providers.get(document.id);
    if (known !== undefined && known.configVersion < document.version + 1)
      this.#providers.set(document.id, this.describe(document));
  }

  /** The provider that follows from its settings. */
  describe({
    id,
    version,
    value,
  }: Pick<StoredDocument<ProviderRecord>, "id" | "version" | "value">): RateProvider {
    const defaults = this.#defaults.get(id);
    if (defaults === undefined) throw providerNotFound(id);
    return {
      ...defaults,
      enabled: value.enabled ?? defaults.enabled,
      priority: value.priority ?? defaults.priority,
      url: value.url ?? defaults.url,
      refreshIntervalMs: value.refreshIntervalMs ?? defaults.refreshIntervalMs,
      maxAgeMs: value.maxAgeMs ?? defaults.maxAgeMs,
      fetchTimeoutMs: value.fetchTimeoutMs ?? defaults.fetchTimeoutMs,
      configVersion: version + 1,
    };
  }

  /** @throws ExchangeError PROVIDER_NOT_FOUND. */
  require(providerId: string): RateProvider {
    const provider = this.#providers.get(providerId);
    if (provider === undefined) throw providerNotFound(providerId);
    return provider;
  }

  /** All of them, in order of fallback; of equal priority by id. */
  inOrder(): readonly RateProvider[] {
    return [...this.#providers.values()].sort(
      (left, right) => left.priority - right.priority || (left.providerId < right.providerId ? -1 : 1),
    );
  }
}

export function providerNotFound(providerId: string): ExchangeError {
  return new ExchangeError("PROVIDER_NOT_FOUND", `there is no provider ${providerId}`, {
    metadata: { provider_id: providerId },
  });
}
