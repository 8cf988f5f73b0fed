import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Conversion } from "#gen/billing/exchange/v1/conversion_pb.ts";
import type { Money } from "#gen/billing/type/v1/money_pb.ts";
import { formatAmount } from "./amounts.ts";
import type { Board } from "./board.ts";
import { element, fillSelect, showProblem, write } from "./dom.ts";
import { describeFailure } from "./failure.ts";

const currencies = ["EUR", "USD", "GBP", "CHF", "JPY", "INR", "BRL"] as const;

/** The balance in a currency to choose, and where the rate comes from. */
export function showConversion({ clients, urls, signal }: Board) {
  const chosen = element<HTMLSelectElement>("display-currency").value || currencies[0];
  const select = fillSelect("display-currency", currencies, chosen);
  let available: Money | undefined;
  let latest = 0;
  const ask = async () => {
    if (available === undefined) return;
    latest += 1;
    const asked = latest;
    const { currencyCode, amount } = available;
    try {
      const request = { fromCurrency: currencyCode, toCurrency: select.value, amount };
      const { conversion } = await clients.exchange.convert(request, { signal });
      if (asked !== latest || signal.aborted) return;
      write("converted", formatAmount(conversion?.converted?.amount ?? "0", 0));
      write("converted-currency", select.value);
      write("rate", rateText(conversion));
      showProblem("currency", undefined);
    } catch (error) {
      if (asked === latest && !signal.aborted) showProblem("currency", describeFailure(error, urls.exchange));
    }
  };
  select.addEventListener("change", ask, { signal });
  return {
    convert(money: Money | undefined): void {
      available = money;
      void ask();
    },
  };
}

/** Digits of a rate that are shown; the service computes with all of them. */
const shownDigits = 6;

/** "1 USD = 0.855871… EUR, ecb of 13 Apr 2026, bundled with the software". */
function rateText(conversion: Conversion | undefined): string {
  const rate = conversion?.rate;
  if (rate === undefined || rate.steps.length === 0) return "The account's own currency.";
  const day =
    rate.publishedAt === undefined
      ? ""
      : ` of ${timestampDate(rate.publishedAt).toLocaleDateString("en-GB", { dateStyle: "medium", timeZone: "UTC" })}`;
  const origin = rate.bundled ? ", bundled with the software" : "";
  return `1 ${rate.fromCurrency} = ${shortened(rate.rate)} ${rate.toCurrency}, ${rate.provider}${day}${origin}`;
}

function shortened(rate: string): string {
  const [whole = "", fraction = ""] = rate.split(".");
  return fraction.length > shownDigits ? `${whole}.${fraction.slice(0, shownDigits)}…` : rate;
}
