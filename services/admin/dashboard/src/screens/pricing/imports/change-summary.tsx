import { type ImportChange, ImportChangeKind } from "#gen/billing/pricing/v1/price_import_pb.ts";
import { Line } from "../../../actions/before-after.tsx";
import { compareDecimals, formatNumber } from "../../../data/exact.ts";

const names = [
  [ImportChangeKind.NEW, "New prices"],
  [ImportChangeKind.CHANGED, "Changed prices"],
  [ImportChangeKind.REMOVED, "Archived prices"],
] as const;

/** How many changes of each kind, and the one that changes most. */
export function ChangeSummary({ changes }: { changes: readonly ImportChange[] }) {
  if (changes.length === 0) return <p>Nothing: no change fits.</p>;
  const [largest] = changes.toSorted((left, right) =>
    compareDecimals(right.largestFactor, left.largestFactor),
  );
  return (
    <>
      {names.map(([kind, name]) => {
        const count = changes.filter((change) => change.kind === kind).length;
        return count > 0 && <Line key={kind} name={name} value={formatNumber(count)} />;
      })}
      {largest?.largestFactor && (
        <Line
          name="Changes most"
          value={
            <>
              {largest.priceId} × {largest.largestFactor}
            </>
          }
        />
      )}
    </>
  );
}
