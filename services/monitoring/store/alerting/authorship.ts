import { Type } from "typebox";

/** Epoch milliseconds. */
export const timeMs = Type.Integer({ minimum: 0 });

/** Who made a version of a record, and by which requests: their digests tell a repeated request. */
export const authorship = {
  createdAtMs: timeMs,
  createdBy: Type.String(),
  createDigest: Type.String(),
  changedBy: Type.String(),
  changeDigest: Type.String(),
  /** The version that the last change was based on; 0 for the creation. */
  changeBase: Type.Integer({ minimum: 0 }),
};

export const matcherRecord = Type.Object({
  label: Type.String(),
  operator: Type.Union([
    Type.Literal("equal"),
    Type.Literal("not_equal"),
    Type.Literal("matches"),
    Type.Literal("not_matches"),
  ]),
  value: Type.String(),
});
