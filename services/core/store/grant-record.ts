import type { CreditKind } from "./journal-entry.ts";

/** A grant as stored, in atoms of its account. */
export interface GrantRecord {
  /** Sequence of the credit that made it, which names it. */
  readonly sequence: number;
  readonly kind: CreditKind;
  /** 0 to 100; lower burns first, 50 is the priority of plain balance. */
  readonly priority: number;
  /** Undefined means never. */
  readonly expiresMs: number | undefined;
  /** What was granted. */
  readonly amountAtoms: bigint;
  /** What is left, with what holds have earmarked. */
  readonly remainingAtoms: bigint;
  /** What open holds have earmarked of it. */
  readonly earmarkedAtoms: bigint;
  /** What has run out, less what a reversal took of that. */
  readonly expiredAtoms: bigint;
  readonly createdMs: number;
}

const kinds = { P: "PURCHASED", M: "PROMOTIONAL" } as const;
const pattern = /^([PM]),(\d{1,3}),(\d*),(\d+),(\d+),(\d+),(\d+),(\d+)$/;

/**
 * Reads a grant: `kind,priority,expires ms or nothing,amount,remaining,earmarked,expired,created ms`, which
 * stands under its sequence in the hash of active grants and, once nothing remains, under `g:<sequence>` in
 * the hash of external references.
 *
 * @throws TypeError if the text is something else.
 */
export function decodeGrant(sequence: string, text: string): GrantRecord {
  const match = pattern.exec(text);
  if (match === null) throw new TypeError("a stored grant has an unknown form");
  const [, kind, priority, expires, amount, remaining, earmarked, expired, created] = match;
  return {
    sequence: Number(sequence),
    kind: kinds[kind as keyof typeof kinds],
    priority: Number(priority),
    expiresMs: expires === "" ? undefined : Number(expires),
    amountAtoms: BigInt(amount!),
    remainingAtoms: BigInt(remaining!),
    earmarkedAtoms: BigInt(earmarked!),
    expiredAtoms: BigInt(expired!),
    createdMs: Number(created),
  };
}
