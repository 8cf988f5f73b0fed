import type { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { pageOf } from "#platform/paging/page.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { Channel } from "../../domain/channels/channels.ts";
import type { AlertingParts } from "./alerting-parts.ts";
import { channelMessage, readChannelSpec } from "./channel-messages.ts";
import { deliveryMessage } from "./delivery-messages.ts";

/** The ways by which alerts reach people. */
export function channelHandlers({ channels, deliveries, deliveryStore, pageTokens }: AlertingParts) {
  const withStatus = async (channel: Channel) => {
    const [status, pendingCount] = await Promise.all([
      deliveryStore.status(channel.id),
      deliveryStore.pendingCount(channel.id),
    ]);
    return channelMessage(channel, status, pendingCount);
  };
  return {
    async createChannel({ channelId, spec }, { caller }) {
      const request = { id: channelId, spec: readChannelSpec(spec!), actor: caller.subject };
      return { channel: await withStatus(await channels.create(request)) };
    },
    async listChannels(request) {
      const page = pageOf(pageTokens, channels.all(), ({ id }) => id, request, ["channels"]);
      return {
        channels: await Promise.all(page.items.map(withStatus)),
        nextPageToken: page.nextPageToken,
      };
    },
    async updateChannel({ channelId, spec, expectedVersion }, { caller }) {
      const target = spec!.target;
      const updated = await channels.update({
        id: channelId,
        spec: readChannelSpec(spec!),
        actor: caller.subject,
        expectedVersion: Number(expectedVersion),
        removeSigningSecret: target.case === "webhook" && target.value.removeSigningSecret,
      });
      return { channel: await withStatus(updated) };
    },
    async deleteChannel({ channelId, expectedVersion }) {
      const deleted = await channels.delete(channelId, Number(expectedVersion));
      // Also after a repeat: the first call may have been cut off in between.
      await deliveries.discardAll(channelId);
      return { deleted };
    },
    async testChannel({ channelId }) {
      return { delivery: deliveryMessage(await deliveries.test(channelId)) };
    },
  } satisfies ServiceHandlers<typeof MonitoringService>;
}
