import type { Currency } from "./currency.ts";
import { Decimal, DecimalError } from "./decimal.ts";
import type { Ratio } from "./ratio.ts";
import type { RoundingMode } from "./rounding.ts";

/** The greatest amount that the ledger moves or holds at once, in atoms: what a signed 64-bit integer holds. */
export const maxAtoms: bigint = 2n ** 63n - 1n;

/** An amount lies beyond ±`maxAtoms`. */
export class AmountOverflow extends Error {
  override readonly name = "AmountOverflow";

  constructor(atoms: bigint, scale: number) {
    const amount = fromAtoms(atoms, scale);
    const shown = amount.length > 60 ? `${amount.slice(0, 59)}…` : amount;
    super(`${shown} is beyond ±${fromAtoms(maxAtoms, scale)}, the most that the ledger holds at this scale`);
  }
}

/**
 * The atoms of an amount: "12.34" at scale 8 is 1234000000. Zeros at the end don't count as digits.
 *
 * @throws DecimalError if the text is no decimal or has more digits than the scale: nothing is rounded.
 * @throws AmountOverflow if it is beyond ±`maxAtoms`.
 */
export function toAtoms(amount: string, scale: number): bigint {
  const value = Decimal.parse(amount);
  const atoms = value.toUnits(scale, "down");
  if (value.scale > scale && !Decimal.ofUnits(atoms, scale).equals(value)) {
    throw new DecimalError(amount, `at most ${scale} digits may stand after the point`);
  }
  return requireAtomsInRange(atoms, scale);
}

/** The canonical decimal of an amount in atoms; not bounded, since lifetime totals outgrow 64 bits. */
export function fromAtoms(atoms: bigint, scale: number): string {
  // Most columns of most answers.
  return atoms === 0n ? "0" : Decimal.ofUnits(atoms, scale).toString();
}

/**
 * An exact result as atoms, rounded once.
 *
 * @throws AmountOverflow if it is beyond ±`maxAtoms`.
 */
export function atomsFromExact(value: Decimal | Ratio, scale: number, mode: RoundingMode): bigint {
  return requireAtomsInRange(value.toUnits(scale, mode), scale);
}

/**
 * The same atoms, if the ledger can hold them.
 *
 * @throws AmountOverflow if they are beyond ±`maxAtoms`.
 */
export function requireAtomsInRange(atoms: bigint, scale: number): bigint {
  if (atoms > maxAtoms || atoms < -maxAtoms) throw new AmountOverflow(atoms, scale);
  return atoms;
}

/** An amount for people: every digit it has, at least the minor ones, and the code: "12.30 USD". */
export function formatMoney(atoms: bigint, currency: Currency): string {
  const amount = Decimal.ofUnits(atoms, currency.ledgerScale).toFixed(currency.minorDigits);
  return `${amount} ${currency.code}`;
}
