import type { OverviewTile } from "#gen/billing/monitoring/v1/overview_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { formatAmount, formatNumber, readDecimal } from "../../data/exact.ts";
import { titleOf } from "../../data/failure.ts";
import { Stat, StatRow } from "../../design/facts.tsx";
import { Money } from "../../design/money.tsx";
import { Sparkline } from "../../design/sparkline.tsx";
import { durationText } from "../../design/time.tsx";

const names: Readonly<Record<string, string>> = {
  decline_ratio: "Share declined",
  charge_latency_p99: "Charge latency, p99",
  top_ups: "Top-ups",
  expiring_holds: "Holds expiring in 60 s",
};

/** The figures with their courses, in the order that Monitoring gives them. */
export function Tiles({ tiles, rangeName }: { tiles: readonly OverviewTile[]; rangeName: string }) {
  return (
    <StatRow>
      {tiles.map((tile) => (
        <Stat
          key={`${tile.name} ${tile.currencyCode}`}
          name={names[tile.name] ?? titleOf(tile.name)}
          value={<TileValue tile={tile} />}
          note={<Comparison tile={tile} rangeName={rangeName} />}
        >
          <Sparkline course={tile.course} />
        </Stat>
      ))}
    </StatRow>
  );
}

function TileValue({ tile: { value, unit, currencyCode } }: { tile: OverviewTile }) {
  if (value === "") return "–";
  if (unit === "currency") return <Money of={{ amount: value, currencyCode }} />;
  return figureText(value, unit);
}

function figureText(value: string, unit: string): string {
  if (unit === "ratio") return `${readDecimal(value).multiply(Decimal.parse("100")).round(2, "half-even")} %`;
  if (unit === "seconds") return durationText(Number(value) * 1_000);
  return formatNumber(value);
}

/** The same figure over the time before, so that one sees whether it is usual. */
function Comparison({ tile, rangeName }: { tile: OverviewTile; rangeName: string }) {
  const { previousValue, unit, currencyCode } = tile;
  if (previousValue === "") return "no figure to compare";
  const text =
    unit === "currency"
      ? `${formatAmount(previousValue, currencyCode)} ${currencyCode}`
      : figureText(previousValue, unit);
  return <span title={`the ${rangeName} before`}>{text} before</span>;
}
