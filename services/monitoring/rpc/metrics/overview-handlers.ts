import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, durationMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import type { OverviewSchema } from "#gen/billing/monitoring/v1/overview_pb.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { type Figure, formatFigure } from "../../domain/metrics/figure.ts";
import { type OverviewParts, readOverview, type Tile } from "../../domain/overview/overview.ts";
import { type HealthParts, readSystemHealth } from "../health-reader.ts";
import type { OverviewAlerts } from "./overview-alerts.ts";

type OverviewInit = MessageInitShape<typeof OverviewSchema>;

/** What GetOverview stands on. */
export interface OverviewHandlerParts extends OverviewParts, HealthParts {
  /** The alerts as they are now. */
  readonly alerts: () => Promise<OverviewAlerts>;
}

const defaultRangeMs = 24 * 3_600_000;
const defaultPoints = 48;

/** GetOverview. */
export function overviewHandlers(parts: OverviewHandlerParts) {
  return {
    async getOverview({ range, maxPoints }) {
      const rangeMs = range === undefined ? defaultRangeMs : durationMs(range);
      const [figures, health, alerts] = await Promise.all([
        readOverview(parts, rangeMs, maxPoints || defaultPoints),
        orReason("The health of the system", readSystemHealth(parts)),
        orReason("The alerts", parts.alerts()),
      ]);
      const { fromMs, untilMs, stepMs } = figures.range;
      const reasons = [...figures.missing, ...reasonOf(health), ...reasonOf(alerts)];
      const overview: OverviewInit = {
        ...("value" in health ? { health: health.value } : {}),
        ...("value" in alerts ? alerts.value : {}),
        tiles: figures.tiles.map((tile) => tileMessage(tile, stepMs)),
        positions: figures.positions.map(({ liabilities, debts, reserved, ...position }) => ({
          ...position,
          liabilities: formatFigure(liabilities),
          debts: formatFigure(debts),
          reserved: formatFigure(reserved),
        })),
        startTime: timestampFromMs(fromMs),
        endTime: timestampFromMs(untilMs),
        asOf: timestampFromMs(parts.now()),
        partial: reasons.length > 0,
        partialReasons: reasons,
      };
      if (figures.activity !== undefined) {
        const { charges, declines, declinesByReason } = figures.activity;
        const step = durationFromMs(stepMs);
        overview.activity = {
          step,
          charges: [...charges],
          declines: [...declines],
          declinesByReason: { ...declinesByReason },
        };
      }
      return { overview };
    },
  } satisfies ServiceHandlers<typeof MonitoringService>;
}

function tileMessage(tile: Tile, stepMs: number) {
  return {
    name: tile.name,
    unit: tile.unit,
    currencyCode: tile.currencyCode,
    value: textOf(tile.value),
    previousValue: textOf(tile.previousValue),
    course: tile.course.map(textOf),
    step: durationFromMs(stepMs),
  };
}

function textOf(figure: Figure | undefined): string {
  return figure === undefined ? "" : formatFigure(figure);
}

type OrReason<T> = { readonly value: T } | { readonly reason: string };

async function orReason<T>(what: string, read: Promise<T>): Promise<OrReason<T>> {
  try {
    return { value: await read };
  } catch (error) {
    return { reason: `${what} could not be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function reasonOf(read: OrReason<unknown>): string[] {
  return "reason" in read ? [read.reason] : [];
}
