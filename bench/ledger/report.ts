import type { ExpiryFigures } from "./expiries.ts";
import type { FunctionCost } from "./function-cost.ts";
import type { MemoryFigure } from "./memory.ts";

const nameWidth = 42;
const cellWidth = 14;

/** A line for each size, a column for each operation. */
export function costTable(costs: readonly FunctionCost[]): string {
  const operations = [...new Set(costs.map(({ operation }) => operation))];
  const sizes = Map.groupBy(costs, ({ size }) => size);
  const rows = [...sizes].map(([size, own]) =>
    row(
      size,
      own.map(({ redisMicros }) => `${redisMicros.toFixed(1)} µs`),
    ),
  );
  return [row("", operations), ...rows].join("\n");
}

/** A line for each kind of record and number of them. */
export function memoryTable(figures: readonly MemoryFigure[]): string {
  const rows = figures.map(({ item, among, bytesEach, aimBytes }) =>
    row(item, [bytesEach.toFixed(0), aimBytes === undefined ? "" : `aim ≤ ${aimBytes}`, `   ${among}`]),
  );
  return [row("", ["bytes"]), ...rows].join("\n");
}

/** How late expiries are, and how fast they can be. */
export function expiryText(figures: ExpiryFigures): string {
  const { openHolds, lagsMs, duePerSecond, freedPerSecond, openedPerSecond } = figures;
  const at = (share: number): number =>
    lagsMs[Math.min(lagsMs.length - 1, Math.floor(lagsMs.length * share))] ?? 0;
  return [
    `Expiries among ${openHolds} holds that stay open, appendfsync always`,
    `${duePerSecond} due each second: freed p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms after their time`,
    `a backlog: ${freedPerSecond.toFixed(0)} freed each second, ${(freedPerSecond / openedPerSecond).toFixed(2)} of ` +
      `what can be opened (${openedPerSecond.toFixed(0)})`,
  ].join("\n");
}

function row(name: string, cells: readonly string[]): string {
  return `${name.padEnd(nameWidth)}${cells.map((cell) => cell.padStart(cellWidth)).join("")}`;
}
