import type { ChannelRecord } from "../../store/alerting/channel-record.ts";

/** How alerts are put together for a channel, as Alertmanager does. */
export interface Grouping {
  readonly groupBy: readonly string[];
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  readonly repeatIntervalMs: number;
  readonly maxAlerts: number;
}

/** What a channel states about grouping, with the defaults of Alertmanager. */
export function groupingOf(channel: ChannelRecord): Grouping {
  return {
    groupBy: channel.groupBy.length === 0 ? ["alertname"] : channel.groupBy,
    groupWaitMs: channel.groupWaitMs ?? 30_000,
    groupIntervalMs: channel.groupIntervalMs ?? 5 * 60_000,
    repeatIntervalMs: channel.repeatIntervalMs ?? 4 * 60 * 60_000,
    maxAlerts: channel.maxAlerts === 0 ? 100 : channel.maxAlerts,
  };
}
