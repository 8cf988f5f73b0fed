import type { HeldRecord } from "../../store/records.ts";

/** What became of a held rate; superseded: the provider published a newer one before it was decided. */
export type HeldRateState = HeldRecord["state"] | "superseded";

/** A published rate that a guard kept out of force. */
export interface HeldRate extends Omit<HeldRecord, "state"> {
  readonly heldRateId: string;
  readonly providerId: string;
  readonly baseCurrency: string;
  /** Epoch milliseconds. */
  readonly publishedAtMs: number;
  readonly state: HeldRateState;
}

/** The id of a held rate: its provider, publication and place among those held there. */
export function heldRateId(providerId: string, publishedAtMs: number, number: number): string {
  return `${providerId}:${publishedAtMs}:${number}`;
}
