import { type Static, Type } from "typebox";

/** What Exchange keeps in Redis. Times in epoch milliseconds, rates and percentages as decimal text. */

const timeMs = Type.Integer({ minimum: 0 });

/** Who made a version of a record, and by which request: its digest tells a repeated request. */
const authorship = {
  changeDigest: Type.String(),
  changedBy: Type.String(),
  comment: Type.String(),
};

export const currencyRecord = Type.Object({
  kind: Type.Union([Type.Literal("iso"), Type.Literal("custom")]),
  /** What is undefined is as ISO 4217 has it; a unit of one's own has all of it. */
  displayName: Type.Optional(Type.String()),
  symbol: Type.Optional(Type.String()),
  minorDigits: Type.Optional(Type.Integer({ minimum: 0 })),
  ledgerScale: Type.Optional(Type.Integer({ minimum: 0 })),
  guard: Type.Optional(
    Type.Object({
      maxChangePercent: Type.String(),
      consensusPercent: Type.String(),
      consensusProviders: Type.Integer({ minimum: 0 }),
    }),
  ),
  /** Oldest first. */
  costBases: Type.Array(
    Type.Object({ referenceCurrency: Type.String(), value: Type.String(), effectiveFromMs: timeMs }),
  ),
  createdAtMs: Type.Optional(timeMs),
  /** The request that created a unit, so that it can be repeated after later changes. */
  createDigest: Type.Optional(Type.String()),
  updatedAtMs: timeMs,
  /** Undefined while it is active. */
  deactivatedAtMs: Type.Optional(timeMs),
  ...authorship,
});
/** The settings of a currency that differ from ISO 4217, or of a unit of one's own. */
export type CurrencyRecord = Static<typeof currencyRecord>;

export const overrideRecord = Type.Object({
  /** True if it was ended at `effectiveFromMs` and nothing set in its place. */
  cleared: Type.Boolean(),
  baseCurrency: Type.String(),
  quoteCurrency: Type.String(),
  rate: Type.String(),
  effectiveFromMs: timeMs,
  endsAtMs: Type.Optional(timeMs),
  createdAtMs: timeMs,
  ...authorship,
});
/** A manual rate of a pair; its earlier versions are its history. */
export type OverrideRecord = Static<typeof overrideRecord>;

export const providerRecord = Type.Object({
  /** What is undefined is as the catalogue of providers has it. */
  enabled: Type.Optional(Type.Boolean()),
  priority: Type.Optional(Type.Integer({ minimum: 1 })),
  url: Type.Optional(Type.String()),
  refreshIntervalMs: Type.Optional(timeMs),
  maxAgeMs: Type.Optional(timeMs),
  fetchTimeoutMs: Type.Optional(timeMs),
  ...authorship,
});
/** The settings of a provider that differ from the catalogue's. */
export type ProviderRecord = Static<typeof providerRecord>;

const stepRecord = Type.Object({
  baseCurrency: Type.String(),
  quoteCurrency: Type.String(),
  publishedRate: Type.String(),
  providerId: Type.String(),
  publishedAtMs: timeMs,
});
/** A rate that another was compared with. */
export type StepRecord = Static<typeof stepRecord>;

const holdReason = Type.Union([
  Type.Literal("jump"),
  Type.Literal("inverted"),
  Type.Literal("consensus"),
  Type.Literal("future-date"),
  Type.Literal("revised"),
]);
/** Why a published rate is held. */
export type HoldReason = Static<typeof holdReason>;

const heldRecord = Type.Object({
  currency: Type.String(),
  digits: Type.String(),
  reason: holdReason,
  lastGood: Type.Optional(stepRecord),
  /** Signed; empty without a last good rate. */
  changePercent: Type.String(),
  others: Type.Array(stepRecord),
  fetchedAtMs: timeMs,
  state: Type.Union([Type.Literal("held"), Type.Literal("approved"), Type.Literal("rejected")]),
  decidedAtMs: Type.Optional(timeMs),
  decidedBy: Type.String(),
  comment: Type.String(),
});
/** A published rate that a guard kept out of force, and what became of it. */
export type HeldRecord = Static<typeof heldRecord>;

export const publicationRecord = Type.Object({
  baseCurrency: Type.String(),
  publishedAtMs: timeMs,
  fetchedAtMs: timeMs,
  /** Those in force, by currency. */
  rates: Type.Record(Type.String(), Type.String()),
  /** In the order in which they were held; none is ever removed. */
  held: Type.Array(heldRecord),
});
/** What a provider published at one time: all of it in one record, so that it is there whole or not at all. */
export type PublicationRecord = Static<typeof publicationRecord>;

/** How the tries to refresh a provider went. */
export interface ProviderStatusRecord {
  readonly lastAttemptAtMs?: number;
  readonly lastSuccessAtMs?: number;
  readonly consecutiveFailures: number;
  readonly lastErrorReason: string;
  readonly lastErrorMessage: string;
  /** What the last answer said about its version, for the address that it came from. */
  readonly validators?: { readonly url: string; readonly etag?: string; readonly lastModified?: string };
}
