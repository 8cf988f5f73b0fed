import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";
import { readDecimal } from "../../data/exact.ts";

/** How much a rate changes, in percent with a sign: "+2.41 %". */
export function changeText(before: string, after: string): string {
  const [old, recent] = [readDecimal(before), readDecimal(after)];
  if (old.isZero()) return "–";
  const part = Ratio.fromDecimal(recent.subtract(old)).divide(Ratio.fromDecimal(old));
  const percent = part.multiply(Ratio.fromDecimal(Decimal.parse("100"))).round(2, "half-even");
  const sign = percent.isNegative() || percent.isZero() ? "" : "+";
  return `${sign}${percent.toFixed(2).replace("-", "−")} %`;
}
