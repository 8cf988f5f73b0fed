import { Link } from "wouter";
import {
  type AmountChange,
  type ImportChange,
  ImportChangeKind,
  ImportChangeKindSchema,
  ImportChangeState,
  ImportSkipReasonSchema,
} from "#gen/billing/pricing/v1/price_import_pb.ts";
import { enumText } from "../../../data/enum-text.ts";
import { compareDecimals } from "../../../data/exact.ts";
import { useUrlState } from "../../../data/url-state.ts";
import { Badge } from "../../../design/badge.tsx";
import { Card } from "../../../design/card.tsx";
import { FilterBar, SearchFilter, SelectFilter } from "../../../design/filter-bar.tsx";
import { Icon } from "../../../design/icon.tsx";
import { Pager } from "../../../design/pager.tsx";
import { EmptyState } from "../../../design/states.tsx";
import { type Column, Table } from "../../../design/table.tsx";
import { priceHref } from "../price-list.tsx";
import { differences } from "../terms/diff-terms.ts";
import { ChangeKindBadge, ChangeStateBadge, holdTexts } from "./import-badges.tsx";

/** Which changes the address asks for. By default those that need a look: nothing that is unchanged or skipped. */
export function useChangeFilter() {
  const [shown] = useUrlState("shown");
  const [query] = useUrlState("q");
  const kind = kinds.find((each) => String(each) === shown) ?? ImportChangeKind.UNSPECIFIED;
  return {
    kind,
    heldOnly: shown === "held",
    state: shown === "waiting" ? ImportChangeState.PENDING : ImportChangeState.UNSPECIFIED,
    query,
  };
}

const { NEW, CHANGED, REMOVED, UNCHANGED, SKIPPED } = ImportChangeKind;
const kinds = [NEW, CHANGED, REMOVED, SKIPPED, UNCHANGED] as const;

const options = [
  ["", "Every record"],
  ["waiting", "What waits"],
  ["held", "What is suspicious"],
  ...kinds.map((kind) => [String(kind), enumText(ImportChangeKindSchema, kind)] as const),
] as const;

/** Changes of an import; suspicious ones first. Those that wait can be chosen. */
export function ChangeList({
  changes,
  nextPageToken,
  chosen,
  choose,
}: {
  changes: readonly ImportChange[];
  nextPageToken: string;
  chosen: ReadonlySet<string>;
  /** Undefined if nothing is to be decided. */
  choose: ((chosen: ReadonlySet<string>) => void) | undefined;
}) {
  return (
    <Card flush title="Changes" hint="suspicious ones first">
      <FilterBar>
        <SearchFilter label="Search by price" />
        <SelectFilter name="shown" label="Show" options={options} />
      </FilterBar>
      <Table
        label="Changes"
        columns={choose ? [chooseColumn(chosen, choose), ...columns] : columns}
        rows={changes}
        keyOf={({ priceId, kind, detail }) => `${kind} ${priceId} ${detail}`}
        empty={<EmptyState title="No change fits" icon="search" />}
      />
      <Pager count={changes.length} noun="records" nextPageToken={nextPageToken} />
    </Card>
  );
}

function chooseColumn(
  chosen: ReadonlySet<string>,
  choose: (chosen: ReadonlySet<string>) => void,
): Column<ImportChange> {
  return {
    id: "choose",
    title: "Choose",
    cell: ({ priceId, state }) =>
      state === ImportChangeState.PENDING && (
        <input
          type="checkbox"
          className="change-check"
          aria-label={`Choose ${priceId}`}
          checked={chosen.has(priceId)}
          onChange={() => {
            const next = new Set(chosen);
            if (!next.delete(priceId)) next.add(priceId);
            choose(next);
          }}
        />
      ),
  };
}

const columns: ReadonlyArray<Column<ImportChange>> = [
  {
    id: "price",
    title: "Price",
    compare: (left, right) => left.priceId.localeCompare(right.priceId),
    cell: (change) => (
      <>
        <PriceName of={change} />
        <div className="table-narrow">
          <Terms of={change} />
        </div>
      </>
    ),
  },
  {
    id: "kind",
    title: "Change",
    compare: (left, right) => left.kind - right.kind,
    cell: ({ kind, holdReasons }) => (
      <span className="row">
        <ChangeKindBadge kind={kind} />
        {holdReasons.map((reason) => (
          <Badge key={reason} tone="warning">
            {holdTexts[reason]}
          </Badge>
        ))}
      </span>
    ),
  },
  {
    id: "terms",
    title: "From and to",
    align: "right",
    isMinor: true,
    cell: (change) => <Terms of={change} />,
  },
  {
    id: "factor",
    title: "Factor",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.largestFactor, right.largestFactor),
    cell: ({ largestFactor }) => (largestFactor ? `× ${largestFactor}` : "–"),
  },
  {
    id: "state",
    title: "State",
    isMinor: true,
    compare: (left, right) => left.state - right.state,
    cell: ({ state }) => <ChangeStateBadge state={state} />,
  },
];

function PriceName({ of }: { of: ImportChange }) {
  const { priceId, displayName, provider, kind } = of;
  return (
    <>
      {kind === NEW || kind === SKIPPED ? (
        <span className="term-what">{priceId}</span>
      ) : (
        <Link href={priceHref(priceId)} className="table-link">
          {priceId}
        </Link>
      )}
      <div className="labels">{[displayName, provider].filter(Boolean).join(" · ")}</div>
    </>
  );
}

function Terms({ of }: { of: ImportChange }) {
  const { kind, skipReason, detail, before, after } = of;
  if (kind === SKIPPED)
    return (
      <>
        {enumText(ImportSkipReasonSchema, skipReason)}
        <div className="labels">{detail}</div>
      </>
    );
  if (kind === REMOVED) return <span className="soft">no longer in the list</span>;
  if (kind === UNCHANGED) return <span className="soft">the same</span>;
  return (
    <>
      {differences(before, after).map((each) => (
        <div key={each.key} className="change-amount">
          <span className="labels">{(each.after ?? each.before)?.what} </span>
          {each.before && <span className="soft">{each.before.howMuch.join(", ")}</span>}
          {each.before && (
            <>
              {" "}
              <Icon name="next" size={12} />
              <span className="visually-hidden">becomes</span>{" "}
            </>
          )}
          {each.after ? each.after.howMuch.join(", ") : "gone"}
        </div>
      ))}
      {detail && <div className="labels">{detail}</div>}
      <AsWritten of={of.amounts} />
    </>
  );
}

/** What the list says, to the letter. */
function AsWritten({ of }: { of: readonly AmountChange[] }) {
  const written = of.filter(({ sourceKey }) => sourceKey !== "");
  if (written.length === 0) return null;
  return (
    <details className="labels">
      <summary>As the list writes it</summary>
      {written.map(({ sourceKey, sourceValue }) => (
        <div key={sourceKey} className="mono">
          {sourceKey} = {sourceValue}
        </div>
      ))}
    </details>
  );
}
