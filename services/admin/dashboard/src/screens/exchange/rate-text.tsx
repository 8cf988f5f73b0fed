import { type RateInForce, RateKind } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";
import { msOf, useNow } from "../../data/clock.ts";
import { formatNumber } from "../../data/exact.ts";
import { Badge } from "../../design/badge.tsx";
import { TimeAgo } from "../../design/time.tsx";
import "./exchange.css";

/** The currencies that a rate leads over, in order: "USD → EUR → CHF". */
export function pathOf({ fromCurrency, toCurrency, steps }: Rate): string {
  const over: string[] = [fromCurrency];
  for (const { baseCurrency, quoteCurrency, inverted } of steps)
    over.push(inverted ? baseCurrency : quoteCurrency);
  return steps.length === 0 ? `${fromCurrency} = ${toCurrency}` : over.join(" → ");
}

const kinds: Readonly<Partial<Record<RateKind, string>>> = {
  [RateKind.IDENTITY]: "the same currency",
  [RateKind.DIRECT]: "as published",
  [RateKind.INVERSE]: "the inverse of what is published",
  [RateKind.TRIANGULATED]: "over other currencies",
};

/** How a rate came about, in words. */
export function kindText(kind: RateKind): string {
  return kinds[kind] ?? "";
}

/** Where a rate comes from. */
export function providerText({ provider, bundled }: Rate): string {
  return bundled ? `${provider}, as shipped` : provider;
}

/** How much of its life a rate may have behind it before it is called old. */
const oldFrom = 0.75;

/** Whether a rate may be used, and for how long. */
export function RateBadge({ rate }: { rate: RateInForce }) {
  const nowMs = useNow();
  if (rate.override)
    return (
      <Badge tone="info" icon="edit">
        Manual
      </Badge>
    );
  if (rate.rate?.bundled)
    return (
      <Badge tone="warning" icon="clock">
        Bundled
      </Badge>
    );
  const publishedMs = msOf(rate.rate?.publishedAt);
  const endMs = msOf(rate.usableUntil);
  if (publishedMs === undefined || endMs === undefined) return <Badge tone="good">In force</Badge>;
  const isOld = (nowMs - publishedMs) / (endMs - publishedMs) > oldFrom;
  return isOld ? (
    <Badge tone="warning" icon="clock">
      Grows old
    </Badge>
  ) : (
    <Badge tone="good">In force</Badge>
  );
}

/** When a rate was published, and until when it may be used. */
export function RateAge({ of }: { of: RateInForce }) {
  return (
    <>
      {of.rate?.publishedAt ? <TimeAgo at={of.rate.publishedAt} /> : <span className="soft">always</span>}
      {of.usableUntil && (
        <div className="labels">
          usable until <TimeAgo at={of.usableUntil} />
        </div>
      )}
    </>
  );
}

/** A rate as people read it, none of its digits cut off. */
export function RateFigure({ of }: { of: string }) {
  return <span className="rate-figure">{formatNumber(of)}</span>;
}
