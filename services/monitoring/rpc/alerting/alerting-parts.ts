import type { PageTokens } from "#platform/paging/page-token.ts";
import type { AlertRules } from "../../domain/alert-rules/alert-rules.ts";
import type { AlertReading } from "../../domain/alerts/alert-reading.ts";
import type { AlertWatch } from "../../domain/alerts/alert-watch.ts";
import type { FigureReader } from "../../domain/alerts/figure-reader.ts";
import type { ReadSpend } from "../../domain/alerts/spend-reader.ts";
import type { Channels } from "../../domain/channels/channels.ts";
import type { Deliveries } from "../../domain/delivery/deliveries.ts";
import type { Inhibitions } from "../../domain/muting/inhibitions.ts";
import type { Silences } from "../../domain/muting/silences.ts";
import type { AlertStore } from "../../store/alerts/alert-store.ts";
import type { DeliveryStore } from "../../store/deliveries/delivery-store.ts";

/** What the handlers of alerts and their delivery stand on. */
export interface AlertingParts {
  readonly rules: AlertRules;
  readonly figures: FigureReader;
  readonly readSpend: ReadSpend;
  readonly reading: AlertReading;
  readonly alertStore: AlertStore;
  readonly alertWatch: AlertWatch;
  readonly silences: Silences;
  readonly inhibitions: Inhibitions;
  readonly channels: Channels;
  readonly deliveries: Deliveries;
  readonly deliveryStore: DeliveryStore;
  readonly pageTokens: PageTokens;
  /** Address of the dashboard; empty if none is configured. */
  readonly dashboardUrl: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
