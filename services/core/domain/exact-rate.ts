import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { Ratio } from "#money/ratio.ts";

/**
 * The exact factor of a rate: its published steps multiplied or divided, less the spread of a quote. The
 * decimal in `rate.rate` is rounded for display and never computed with.
 */
export function exactRate(rate: Rate): Ratio {
  const crossed = rate.steps.reduce((factor, step) => {
    const published = Ratio.fromDecimal(Decimal.parse(step.publishedRate));
    return step.inverted ? factor.divide(published) : factor.multiply(published);
  }, Ratio.one);
  if (rate.spread === "") return crossed;
  return crossed.multiply(Ratio.fromDecimal(Decimal.one.subtract(Decimal.parse(rate.spread))));
}
