import type { ExchangeStore } from "../../store/exchange-store.ts";
import type { ProviderRecord } from "../../store/records.ts";
import { ExchangeError } from "../exchange-error.ts";
import type { LiveExchange } from "../live-exchange.ts";
import { changeRecord, digestOf, versionMismatch } from "../versioned-change.ts";
import type { RateProvider } from "./provider-directory.ts";

/** A change of a provider's settings as it is asked for; what is undefined stays. */
export interface ProviderUpdate {
  readonly providerId: string;
  readonly configVersion: number;
  readonly enabled: boolean | undefined;
  readonly priority: number | undefined;
  readonly url: string | undefined;
  readonly refreshIntervalMs: number | undefined;
  readonly maxAgeMs: number | undefined;
  readonly fetchTimeoutMs: number | undefined;
  readonly comment: string;
}

/** What changing providers needs. */
export interface ProviderSettingsParts {
  readonly store: ExchangeStore;
  readonly live: LiveExchange;
  /** Why an address may not be called; undefined if it may. */
  readonly refusedAddress: (url: string) => { readonly isPrivate: boolean; readonly why: string } | undefined;
}

/** Changes the settings of providers. */
export class ProviderSettings {
  readonly #parts: ProviderSettingsParts;

  constructor(parts: ProviderSettingsParts) {
    this.#parts = parts;
  }

  /** @throws ExchangeError PROVIDER_NOT_FOUND, PROVIDER_INVALID, PROVIDER_ADDRESS_REFUSED, CommonError VERSION_MISMATCH. */
  async update(asked: ProviderUpdate, changedBy: string): Promise<RateProvider> {
    const { store, live } = this.#parts;
    const { providerId, configVersion, comment, ...changes } = asked;
    const known = live.state.providers.require(providerId);
    this.#requireFitting(known, asked.url);
    const digest = digestOf(asked);
    const stored = await changeRecord(store.providers, {
      id: providerId,
      change: (present): ProviderRecord | undefined => {
        const presentVersion = (present?.version ?? 0) + 1;
        if (presentVersion === configVersion + 1 && present?.value.changeDigest === digest) return undefined;
        if (presentVersion !== configVersion)
          throw versionMismatch(`the provider ${providerId}`, presentVersion);
        const named = Object.entries(changes).filter(([, value]) => value !== undefined);
        return {
          ...present?.value,
          ...Object.fromEntries(named),
          changeDigest: digest,
          changedBy,
          comment,
        };
      },
    });
    if (stored === undefined) return known;
    live.takeOver((state) => state.applyProvider(stored));
    return live.state.providers.describe(stored);
  }

  #requireFitting({ providerId, url: present }: RateProvider, url: string | undefined): void {
    if (url === undefined) return;
    if (present === "")
      throw new ExchangeError("PROVIDER_INVALID", `the provider ${providerId} is a file and has no address`, {
        fields: [{ field: "url", description: "must be unset for a file" }],
      });
    const refused = this.#parts.refusedAddress(url);
    if (refused === undefined) return;
    throw new ExchangeError(
      refused.isPrivate ? "PROVIDER_ADDRESS_REFUSED" : "PROVIDER_INVALID",
      `url: ${refused.why}`,
      {
        metadata: { provider_id: providerId },
        fields: [{ field: "url", description: refused.why }],
      },
    );
  }
}
