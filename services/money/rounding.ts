/** How an exact value is brought to a number of digits; the names mean what RoundingMode of the contract says. */
export type RoundingMode = "half-even" | "half-up" | "half-down" | "up" | "down" | "ceiling" | "floor";

/** What is cut off, seen from the quotient towards zero. */
interface Remainder {
  /** The cut-off part against one half: negative below, 0 at the tie, positive above. */
  againstHalf: number;
  /** The exact result lies below zero. */
  negative: boolean;
  /** The quotient towards zero is odd. */
  odd: boolean;
}

/** Whether the quotient moves one step away from zero, asked only when something is cut off. */
const movesAwayFromZero: Readonly<Record<RoundingMode, (remainder: Remainder) => boolean>> = {
  "half-even": ({ againstHalf, odd }) => againstHalf > 0 || (againstHalf === 0 && odd),
  "half-up": ({ againstHalf }) => againstHalf >= 0,
  "half-down": ({ againstHalf }) => againstHalf > 0,
  up: () => true,
  down: () => false,
  ceiling: ({ negative }) => !negative,
  floor: ({ negative }) => negative,
};

/** Every rounding mode, in the contract's order. */
export const roundingModes = Object.keys(movesAwayFromZero) as readonly RoundingMode[];

/**
 * The integer next to `numerator / denominator` in the given mode. All rounding of money passes through here.
 *
 * @throws RangeError if the denominator is 0.
 */
export function divideRounded(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  if (denominator < 0n) return divideRounded(-numerator, -denominator, mode);
  const quotient = numerator / denominator;
  const rest = numerator - quotient * denominator;
  if (rest === 0n) return quotient;

  const negative = numerator < 0n;
  const twiceRest = negative ? -2n * rest : 2n * rest;
  const againstHalf = twiceRest < denominator ? -1 : twiceRest > denominator ? 1 : 0;
  const odd = (quotient & 1n) === 1n;
  if (!movesAwayFromZero[mode]({ againstHalf, negative, odd })) return quotient;
  return negative ? quotient - 1n : quotient + 1n;
}
