import type { PriceTerms } from "#gen/billing/pricing/v1/price_terms_pb.ts";
import { Badge } from "../../../design/badge.tsx";
import { EmptyState } from "../../../design/states.tsx";
import { type Column, Table } from "../../../design/table.tsx";
import { type Difference, differences } from "./diff-terms.ts";
import { HowMuch, What } from "./terms-table.tsx";

/** What differs between two terms; lines that are the same are left out. */
export function TermsDiff({
  before,
  after,
}: {
  before: PriceTerms | undefined;
  after: PriceTerms | undefined;
}) {
  return (
    <Table
      label="Differences"
      columns={columns}
      rows={differences(before, after)}
      keyOf={({ key }) => key}
      empty={<EmptyState title="The terms are the same" icon="check" />}
    />
  );
}

const columns: ReadonlyArray<Column<Difference>> = [
  {
    id: "what",
    title: "What",
    cell: ({ before, after }) => {
      const { what, when } = (after ?? before)!;
      return <What what={what} when={when} />;
    },
  },
  { id: "change", title: "Change", isMinor: true, cell: (each) => <ChangeBadge of={each} /> },
  {
    id: "before",
    title: "Before",
    align: "right",
    cell: ({ before }) => <span className="soft">{before ? <HowMuch lines={before.howMuch} /> : "–"}</span>,
  },
  {
    id: "after",
    title: "After",
    align: "right",
    cell: ({ after }) => (after ? <HowMuch lines={after.howMuch} /> : "–"),
  },
];

function ChangeBadge({ of }: { of: Difference }) {
  if (of.before === undefined) return <Badge icon="plus">New</Badge>;
  if (of.after === undefined)
    return (
      <Badge tone="warning" icon="minus">
        Gone
      </Badge>
    );
  return (
    <Badge tone="info" icon="edit">
      Changed
    </Badge>
  );
}
