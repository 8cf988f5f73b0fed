import { useQuery } from "@connectrpc/connect-query";
import { Link } from "wouter";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import type { Quote } from "#gen/billing/exchange/v1/quote_pb.ts";
import { formatNumber } from "../../data/exact.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Badge } from "../../design/badge.tsx";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { FilterBar, SearchFilter } from "../../design/filter-bar.tsx";
import { Money } from "../../design/money.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { Countdown, TimeAt } from "../../design/time.tsx";
import { RateSteps } from "../transactions/rate-steps.tsx";

/** A rate that was promised to an account, found by its id: quotes live for a day at most and are not listed. */
export function QuoteLookup() {
  const [quoteId] = useUrlState("q");
  const found = useQuery(ExchangeRateService.method.getQuote, { quoteId }, { enabled: quoteId !== "" });
  return (
    <div className="stack">
      <Card flush title="Find a quote" hint="a rate promised to one account for a time">
        <FilterBar>
          <SearchFilter label="Id of the quote" />
        </FilterBar>
        {quoteId === "" ? (
          <EmptyState title="Enter the id of a quote" icon="search">
            It stands in the answer of CreateQuote and in every charge that was made under it. Quotes live for
            a day at most.
          </EmptyState>
        ) : (
          <Loaded from={found}>
            {({ quote, expired }) => quote && <Found quote={quote} isExpired={expired} />}
          </Loaded>
        )}
      </Card>
    </div>
  );
}

function Found({ quote, isExpired }: { quote: Quote; isExpired: boolean }) {
  const { rate, maxAmount, maxUses } = quote;
  return (
    <div className="card-body stack">
      {rate && <RateSteps rate={rate} />}
      <Facts
        of={[
          [
            "State",
            isExpired ? (
              <Badge key="state" icon="clock">
                Expired
              </Badge>
            ) : (
              <span key="state" className="row">
                <Badge tone="good">In force</Badge> <Countdown to={quote.expiresAt} />
              </span>
            ),
          ],
          [
            "Account",
            <Link key="account" href={`/accounts/${encodeURIComponent(quote.accountId)}`}>
              {quote.accountId}
            </Link>,
          ],
          [
            "At most for one use",
            maxAmount ? (
              <Money key="most" of={{ currencyCode: rate?.fromCurrency ?? "", amount: maxAmount }} />
            ) : (
              "any amount"
            ),
          ],
          ["Uses", maxUses === 0 ? "without bound" : formatNumber(maxUses)],
          ["Made", <TimeAt key="made" at={quote.createdAt} />],
          ["Ends", <TimeAt key="ends" at={quote.expiresAt} />],
          ["By", quote.createdBy],
        ]}
      />
    </div>
  );
}
