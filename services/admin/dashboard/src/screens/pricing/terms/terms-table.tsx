import type { PriceTerms } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { EmptyState } from "../../../design/states.tsx";
import { type Column, Table } from "../../../design/table.tsx";
import "../pricing.css";
import { describeTerms, type TermLine } from "./describe-terms.ts";

/** What a price bills, and how much. */
export function TermsTable({ terms }: { terms: PriceTerms | undefined }) {
  return (
    <Table
      label="Terms"
      columns={columns}
      rows={terms ? describeTerms(terms) : []}
      keyOf={({ key }) => key}
      empty={<EmptyState title="No terms" icon="pricing" />}
    />
  );
}

const columns: ReadonlyArray<Column<TermLine>> = [
  { id: "what", title: "What", cell: ({ what, when }) => <What what={what} when={when} /> },
  { id: "price", title: "Price", align: "right", cell: ({ howMuch }) => <HowMuch lines={howMuch} /> },
];

/** What is billed and when. */
export function What({ what, when }: { what: string; when: string }) {
  return (
    <>
      <span className="term-what">{what}</span>
      {when && <div className="labels">{when}</div>}
    </>
  );
}

/** Lines of an amount below each other. */
export function HowMuch({ lines }: { lines: readonly string[] }) {
  return (
    <>
      {lines.map((line) => (
        <div key={line}>{line}</div>
      ))}
    </>
  );
}
