import type { Rate } from "#gen/billing/type/v1/rate_pb.ts";
import { formatNumber } from "../../data/exact.ts";
import { Badge } from "../../design/badge.tsx";
import { TimeAgo, TimeAt } from "../../design/time.tsx";
import "./derivation.css";

/** An exchange rate as it was used: every published rate on the way, who published it, and its age. */
export function RateSteps({ rate }: { rate: Rate }) {
  return (
    <div className="rate">
      <p className="rate-sum">
        1 {rate.fromCurrency} = <strong>{formatNumber(rate.rate)}</strong> {rate.toCurrency}
        {rate.bundled && <Badge tone="warning">Bundled rate</Badge>}
      </p>
      <ol>
        {rate.steps.map((step) => (
          <li key={`${step.baseCurrency}/${step.quoteCurrency}`}>
            {step.inverted ? "÷" : "×"} {formatNumber(step.publishedRate)}{" "}
            <span className="soft">
              {step.baseCurrency}/{step.quoteCurrency} by {step.provider},{" "}
              <TimeAt at={step.publishedAt} brief /> (
              <TimeAgo at={step.publishedAt} />)
            </span>
          </li>
        ))}
        {rate.spread && (
          <li>
            × (1 − {formatNumber(rate.spread)}) spread of quote {rate.quoteId}
          </li>
        )}
      </ol>
    </div>
  );
}
