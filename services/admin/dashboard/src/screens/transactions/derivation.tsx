import type { ReactNode } from "react";
import type { AmountDerivation } from "#gen/billing/core/v1/reservation_pb.ts";
import { DerivationCheck } from "#gen/billing/core/v1/transaction_pb.ts";
import { RoundingModeSchema } from "#gen/billing/type/v1/money_pb.ts";
import type { LineItem, PricedUsage } from "#gen/billing/type/v1/priced_usage_pb.ts";
import { enumText } from "../../data/enum-text.ts";
import { formatAmount, formatNumber } from "../../data/exact.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { Money } from "../../design/money.tsx";
import { TimeAt } from "../../design/time.tsx";
import "./derivation.css";
import { RateSteps } from "./rate-steps.tsx";

/** Why this amount: quantity × price, the sum, the rate, the rounding, step by step. */
export function Derivation({ of, check }: { of: AmountDerivation; check: DerivationCheck }) {
  const { sourceAmount, pricedUsages, rate, exactAmount, roundingMode, amount } = of;
  const currency = amount?.currencyCode ?? "";
  return (
    <Card title="Why this amount" actions={<Check of={check} />}>
      <ol className="derivation">
        {pricedUsages.map((usage) => (
          <Step key={usage.priceId} title={`Priced by ${usage.priceId}`}>
            <UsagePrice usage={usage} />
          </Step>
        ))}
        {pricedUsages.length === 0 && (
          <Step title="Named by the caller">
            <Money of={sourceAmount} />
          </Step>
        )}
        {rate && (
          <Step title={`Converted from ${rate.fromCurrency} to ${rate.toCurrency}`}>
            <p>
              <Money of={sourceAmount} />
            </p>
            <RateSteps rate={rate} />
            <p className="derivation-exact">
              = {formatAmount(exactAmount, currency)} {currency} <span className="soft">exactly</span>
            </p>
          </Step>
        )}
        <Step title="Rounded once">
          <p className="soft">
            {enumText(RoundingModeSchema, roundingMode)}, to the digits that the account keeps
          </p>
          <p className="derivation-result">
            <Money of={amount} />
          </p>
        </Step>
      </ol>
    </Card>
  );
}

function Step({ title, children }: { title: string; children: ReactNode }) {
  return (
    <li className="derivation-step">
      <h3>{title}</h3>
      {children}
    </li>
  );
}

function UsagePrice({ usage }: { usage: PricedUsage }) {
  return (
    <>
      <p className="soft">
        Version <code>{usage.priceVersion}</code> of book {usage.priceBook}, as of <TimeAt at={usage.at} />
      </p>
      <ul className="derivation-lines">
        {usage.lineItems.map((item) => (
          <li key={`${item.meter} ${item.description}`}>
            <span>{lineText(item, usage.currencyCode)}</span>
            <span className="nowrap">
              {formatAmount(item.amount, usage.currencyCode)} {usage.currencyCode}
            </span>
          </li>
        ))}
        <li className="derivation-sum">
          <span>Sum</span>
          <span className="nowrap">
            {formatAmount(usage.exactTotal, usage.currencyCode)} {usage.currencyCode}
          </span>
        </li>
      </ul>
    </>
  );
}

/** "350,000 output tokens × 10 USD per 1,000,000", or the words of an adjustment. */
function lineText({ meter, quantity, unitPrice, per, description }: LineItem, currencyCode: string): string {
  if (unitPrice === "") return description;
  const unit = per === "" || per === "1" ? "" : ` per ${formatNumber(per)}`;
  return `${formatNumber(quantity)} ${meter.replaceAll("_", " ")} × ${formatNumber(unitPrice)} ${currencyCode}${unit}`;
}

function Check({ of }: { of: DerivationCheck }) {
  switch (of) {
    case DerivationCheck.MATCHES:
      return <Badge tone="good">Derived anew: the same amount</Badge>;
    case DerivationCheck.DIFFERS:
      return <Badge tone="danger">Derived anew: another amount. Report it</Badge>;
    case DerivationCheck.UNAVAILABLE:
      return <Badge tone="warning">As stored: Pricing cannot be asked now</Badge>;
    default:
      return null;
  }
}
