import { PageHeader } from "../../design/page.tsx";
import { Tabs, useTab } from "../../design/tabs.tsx";
import { Converter } from "./converter.tsx";
import { CurrencyList } from "./currency-list.tsx";
import { HeldRateList } from "./held-rate-list.tsx";
import { ProviderList } from "./provider-list.tsx";
import { QuoteLookup } from "./quote-lookup.tsx";
import { RateList } from "./rate-list.tsx";

const tabs = [
  ["rates", "Rates"],
  ["convert", "Convert"],
  ["held", "Held rates"],
  ["providers", "Providers"],
  ["currencies", "Currencies"],
  ["quotes", "Quotes"],
] as const;

/** Rates between currencies: which apply, where they come from, and how old they are. */
export function Page() {
  return (
    <>
      <PageHeader title="Exchange" about="Rates between currencies, with their source and their age." />
      <div className="stack">
        <Tabs label="Parts of exchange" tabs={tabs} />
        <Part />
      </div>
    </>
  );
}

function Part() {
  const shown = useTab("rates");
  switch (shown) {
    case "convert":
      return <Converter />;
    case "held":
      return <HeldRateList />;
    case "providers":
      return <ProviderList />;
    case "currencies":
      return <CurrencyList />;
    case "quotes":
      return <QuoteLookup />;
    default:
      return <RateList />;
  }
}
