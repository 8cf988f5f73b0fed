import type { PageTokens } from "#platform/paging/page-token.ts";
import type { Channels } from "../../domain/channels/channels.ts";
import type { Deliveries } from "../../domain/delivery/deliveries.ts";
import type { DeliveryStore } from "../../store/deliveries/delivery-store.ts";

/** What the handlers of alerts and their delivery stand on. */
export interface AlertingParts {
  readonly channels: Channels;
  readonly deliveries: Deliveries;
  readonly deliveryStore: DeliveryStore;
  readonly pageTokens: PageTokens;
}
