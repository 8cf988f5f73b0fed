import type { PriceTerms } from "./price-terms.ts";

/** The book that holds every price. */
export const defaultPriceBook = "default";

/** A price with its versions. */
export interface Price {
  readonly priceId: string;
  /** Name for people; empty means none. */
  readonly displayName: string;
  readonly description: string;
  /** Who provides what is priced, for example "openai"; empty means none. */
  readonly provider: string;
  /** Kind of what is priced, for example "chat"; empty means none. */
  readonly mode: string;
  /** By rising `effectiveFromMs`, of equal ones the one made last at the end. At least one. */
  readonly versions: readonly PriceVersion[];
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
}

/** Immutable terms with the time from which they are in force. */
export interface PriceVersion {
  /** Opaque id, unique in the system; stands for exactly these terms. */
  readonly versionId: string;
  readonly priceId: string;
  readonly terms: PriceTerms;
  /** First moment in force, epoch milliseconds. */
  readonly effectiveFromMs: number;
  /** Why, for people. */
  readonly comment: string;
  /** Epoch milliseconds. */
  readonly createdAtMs: number;
}

/** The version in force at a time, or undefined before the first. */
export function versionInForce(price: Price, atMs: number): PriceVersion | undefined {
  return price.versions.findLast(({ effectiveFromMs }) => effectiveFromMs <= atMs);
}

/** The first moment at which a version is in force no more; undefined if none is known. */
export function effectiveUntilMs(price: Price, version: PriceVersion): number | undefined {
  return price.versions[price.versions.indexOf(version) + 1]?.effectiveFromMs;
}
