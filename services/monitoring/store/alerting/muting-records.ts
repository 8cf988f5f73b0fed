import { type Static, Type } from "typebox";
import { authorship, matcherRecord, timeMs } from "./authorship.ts";

export const silenceRecord = Type.Object({
  matchers: Type.Array(matcherRecord),
  startMs: timeMs,
  endMs: timeMs,
  comment: Type.String(),
  createdAtMs: timeMs,
  createdBy: Type.String(),
  /** Tells the request that made it from another one with the same key. */
  requestDigest: Type.String(),
});
/** A time during which matching alerts notify nobody. */
export type SilenceRecord = Static<typeof silenceRecord>;

export const inhibitionSpec = {
  sourceMatchers: Type.Array(matcherRecord),
  targetMatchers: Type.Array(matcherRecord),
  equalLabels: Type.Array(Type.String()),
  description: Type.String(),
  builtIn: Type.Boolean(),
};

export const inhibitionRecord = Type.Object({ ...inhibitionSpec, ...authorship });
/** While a source fires, targets with the same values in some labels notify nobody. */
export type InhibitionRecord = Static<typeof inhibitionRecord>;
