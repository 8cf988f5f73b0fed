/** Where a hold stands. */
export type HoldState = "HELD" | "COMMITTED" | "RELEASED" | "EXPIRED";

/** What happens to the rest of a hold when it expires. */
export type ExpiryAction = "RELEASE" | "CAPTURE";

/** What ended a hold. */
export type HoldSettler = "COMMIT" | "RELEASE" | "EXPIRY" | "LATE_COMMIT";

/** A hold at one moment, as journal entries and replies carry it. */
export interface HoldSnapshot {
  /** Sequence of the entry that made it. */
  readonly sequence: number;
  /** Creation day, which with the sequence names the hold. */
  readonly day: number;
  readonly state: HoldState;
  /** Held at first. */
  readonly reservedAtoms: bigint;
  readonly remainingAtoms: bigint;
  readonly capturedAtoms: bigint;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly onExpiry: ExpiryAction;
  /** Undefined while it is HELD. */
  readonly settledBy: HoldSettler | undefined;
  /** Sequences of the entries that captured or released, oldest first, at most the last 32. */
  readonly settlements: readonly number[];
}

const states: Readonly<Record<string, HoldState>> = {
  H: "HELD",
  C: "COMMITTED",
  R: "RELEASED",
  E: "EXPIRED",
};
const actions: Readonly<Record<string, ExpiryAction>> = { R: "RELEASE", C: "CAPTURE" };
const settlers: Readonly<Record<string, HoldSettler>> = {
  C: "COMMIT",
  R: "RELEASE",
  E: "EXPIRY",
  L: "LATE_COMMIT",
};
const pattern = /^(\d+)\.(\d+),([HCRE]),(\d+),(\d+),(\d+),(\d+),(\d+),([RC]),([CREL]?),([\d+]*)$/;

/**
 * Reads a hold as an entry carries it: `<sequence>.<day>,<snapshot>` (see functions/hold.lua).
 *
 * @throws TypeError if the text is something else.
 */
export function decodeHold(text: string): HoldSnapshot {
  const match = pattern.exec(text);
  if (match === null) throw new TypeError("a stored hold has an unknown form");
  const [, sequence, day, state, reserved, remaining, captured, created, expires, action, settler, list] =
    match;
  return {
    sequence: Number(sequence),
    day: Number(day),
    state: states[state!]!,
    reservedAtoms: BigInt(reserved!),
    remainingAtoms: BigInt(remaining!),
    capturedAtoms: BigInt(captured!),
    createdMs: Number(created),
    expiresMs: Number(expires),
    onExpiry: actions[action!]!,
    settledBy: settlers[settler!],
    settlements: list === "" ? [] : list!.split("+").map(Number),
  };
}
