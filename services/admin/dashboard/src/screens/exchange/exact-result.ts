import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import { formatNumber, readDecimal } from "../../data/exact.ts";

const one = Decimal.parse("1");

/** The amount times the rate's steps and less its spread, as a fraction in lowest terms that loses nothing. */
export function exactResult({ steps, spread }: Rate, amount: string): string {
  const factors = steps.map(({ publishedRate, inverted }) => {
    const factor = Ratio.fromDecimal(Decimal.parse(publishedRate));
    return inverted ? factor.invert() : factor;
  });
  const kept = Ratio.fromDecimal(one.subtract(readDecimal(spread)));
  const result = [kept, ...factors].reduce(
    (product, factor) => product.multiply(factor),
    Ratio.fromDecimal(Decimal.parse(amount)),
  );
  const { numerator, denominator } = inLowestTerms(result);
  if (denominator === 1n) return formatNumber(numerator);
  return `${formatNumber(numerator)} / ${formatNumber(denominator)}`;
}

function inLowestTerms({ numerator, denominator }: Ratio): { numerator: bigint; denominator: bigint } {
  let [divisor, rest] = [numerator < 0n ? -numerator : numerator, denominator];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}
