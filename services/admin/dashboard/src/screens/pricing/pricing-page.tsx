import { PageHeader } from "../../design/page.tsx";
import { Tabs, useTab } from "../../design/tabs.tsx";
import { BookList } from "./book-list.tsx";
import { ImportList } from "./imports/import-list.tsx";
import { PriceList } from "./price-list.tsx";
import { SourceList } from "./sources/source-list.tsx";

const tabs = [
  ["prices", "Prices"],
  ["imports", "Imports"],
  ["sources", "Sources"],
  ["books", "Price books"],
] as const;

/** What everything costs, and where those prices come from. */
export function Page() {
  return (
    <>
      <PageHeader title="Pricing" about="Prices, their versions, and the lists that they are read from." />
      <div className="stack">
        <Tabs label="Parts of pricing" tabs={tabs} />
        <Part />
      </div>
    </>
  );
}

function Part() {
  const shown = useTab("prices");
  switch (shown) {
    case "imports":
      return <ImportList />;
    case "sources":
      return <SourceList />;
    case "books":
      return <BookList />;
    default:
      return <PriceList />;
  }
}
