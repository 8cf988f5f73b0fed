import type { Measurement } from "./run-load.ts";

/** What was measured of one server or call. */
export interface Row {
  /** What one call does that is counted; 1 for most. */
  readonly itemsPerCall: number;
  /** By the number of calls in flight. */
  readonly measured: ReadonlyMap<number, Measurement>;
  /** The process whose CPU was measured last. */
  readonly serverPid: number;
}

/** The row of charges that are called without Core, as Core would send them. */
export const batchedCharge = "  in batches";

const nameWidth = 20;
const cellWidth = 40;

/** Prints the figures, then their ratios to the empty handlers of grpc-js and of our own. */
export function printRows(rows: ReadonlyMap<string, Row>, inFlight: readonly number[]): void {
  printLine(
    "",
    inFlight.map((count) => `${count} in flight`),
  );
  printLine(
    "",
    inFlight.map(() => "calls/s  p50 ms  p99 ms   CPU µs"),
  );
  for (const [name, { itemsPerCall, measured }] of rows) {
    const cells = [...measured.values()].map((each) => {
      const perSecond = (each.callsPerSecond * itemsPerCall).toFixed(0);
      const latencies = [each.p50Ms, each.p99Ms].map((ms) => ms.toFixed(2).padStart(6));
      const cpu = (each.cpuMicrosPerCall / itemsPerCall).toFixed(1).padStart(7);
      return [perSecond, ...latencies, cpu].join("  ");
    });
    printLine(name, cells);
  }
  process.stdout.write(
    "\nRatios: CPU per call to an empty handler of grpc-js; calls/s to our own empty handler\n",
  );
  for (const [name, row] of rows) {
    const cells = inFlight.map((count) => {
      const [own, grpcJs, fast] = [row, rows.get("empty: grpc-js"), rows.get("empty: fast path")].map(
        (each) => each?.measured.get(count),
      ) as [Measurement, Measurement, Measurement];
      const cpu = own.cpuMicrosPerCall / row.itemsPerCall / grpcJs.cpuMicrosPerCall;
      const rate = (own.callsPerSecond * row.itemsPerCall) / fast.callsPerSecond;
      return `${cpu.toFixed(2)}    ${rate.toFixed(2)}`;
    });
    printLine(name, cells);
  }
}

/**
 * What a Charge costs its process at least: an empty call in raw http2, and what a process uses that only calls the
 * function, in batches; and how much of a Charge is beyond that.
 */
export function printFloor(rows: ReadonlyMap<string, Row>, inFlight: readonly number[]): void {
  const parts = ["empty: raw http2", batchedCharge, "Charge"].map((name) => rows.get(name)?.measured);
  process.stdout.write(
    "\nFloor of a Charge: CPU µs of raw http2 + of calling the function; of a Charge; its ratio\n",
  );
  const cells = inFlight.map((count) => {
    const [http2, called, charge] = parts.map((measured) => measured?.get(count));
    if (http2 === undefined || called === undefined || charge === undefined) return "";
    const floor = [http2.cpuMicrosPerCall, (called.ownCpuSeconds * 1e6) / called.calls];
    const ratio = charge.cpuMicrosPerCall / (floor[0]! + floor[1]!);
    return `${floor.map((each) => each.toFixed(1)).join(" + ")}   ${charge.cpuMicrosPerCall.toFixed(1)}   ${ratio.toFixed(2)}`;
  });
  printLine("", cells);
}

function printLine(name: string, cells: readonly string[]): void {
  process.stdout.write(
    `${name.padEnd(nameWidth)}${cells.map((cell) => cell.padStart(cellWidth)).join("")}\n`,
  );
}
