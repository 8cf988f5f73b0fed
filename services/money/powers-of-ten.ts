const cachedPowers: bigint[] = Array.from({ length: 129 }, (_, exponent) => 10n ** BigInt(exponent));

/** 10 to the power of a whole number ≥ 0, exact. The usual powers are computed once. */
export function powerOfTen(exponent: number): bigint {
  return cachedPowers[exponent] ?? 10n ** BigInt(exponent);
}
