import type { ExchangeStore } from "../../store/exchange-store.ts";
import { publicationId } from "../../store/exchange-store.ts";
import type { HeldRecord, PublicationRecord } from "../../store/records.ts";
import { ExchangeError } from "../exchange-error.ts";
import type { LiveExchange } from "../live-exchange.ts";
import { changeRecord } from "../versioned-change.ts";
import type { HeldRate } from "./held-rate.ts";

/** A decision about a held rate. */
export interface HeldRateDecision {
  readonly heldRateId: string;
  readonly state: "approved" | "rejected";
  readonly comment: string;
  readonly decidedBy: string;
}

/** Decides about rates that a guard held. */
export class HeldRates {
  readonly #store: ExchangeStore;
  readonly #live: LiveExchange;
  readonly #now: () => number;

  constructor(store: ExchangeStore, live: LiveExchange, now: () => number) {
    this.#store = store;
    this.#live = live;
    this.#now = now;
  }

  /**
   * Puts a held rate into force from when it was published, or turns it down; done already it is done again.
   *
   * @throws ExchangeError HELD_RATE_NOT_FOUND, HELD_RATE_DECIDED.
   */
  async decide(decision: HeldRateDecision): Promise<HeldRate> {
    const { heldRateId, state } = decision;
    const held = this.#live.state.publications.held(heldRateId);
    if (held === undefined) throw notFound(heldRateId);
    const { providerId, publishedAtMs } = held;
    const collection = this.#store.publications(providerId);
    const stored = await changeRecord(collection, {
      id: publicationId(publishedAtMs),
      change: (present) => {
        // By what is stored now: another instance may have decided a moment ago.
        if (present !== undefined) this.#live.takeOver((live) => live.applyPublication(providerId, present));
        const current = this.#live.state.publications.held(heldRateId);
        if (present === undefined || current === undefined) throw notFound(heldRateId);
        if (current.state === state) return undefined;
        if (current.state !== "held") throw decided(current);
        return this.#decided(present.value, numberOf(heldRateId), decision);
      },
    });
    if (stored !== undefined) this.#live.takeOver((live) => live.applyPublication(providerId, stored));
    return this.#live.state.publications.held(heldRateId) ?? held;
  }

  #decided(
    record: PublicationRecord,
    number: number,
    { state, comment, decidedBy }: HeldRateDecision,
  ): PublicationRecord {
    const decidedAtMs = this.#now();
    const held = record.held.map(
      (each, index): HeldRecord =>
        index === number ? { ...each, state, comment, decidedBy, decidedAtMs } : each,
    );
    const { currency, digits } = held[number]!;
    const rates = state === "approved" ? { ...record.rates, [currency]: digits } : record.rates;
    return { ...record, rates, held };
  }
}

function numberOf(heldRateId: string): number {
  return Number(heldRateId.split(":").at(-1));
}

function notFound(heldRateId: string): ExchangeError {
  return new ExchangeError("HELD_RATE_NOT_FOUND", "there is no such held rate", {
    metadata: { held_rate_id: heldRateId },
  });
}

function decided({ state }: HeldRate): ExchangeError {
  return new ExchangeError("HELD_RATE_DECIDED", `the held rate is ${state} already`, {
    metadata: { state: state.toUpperCase() },
  });
}
