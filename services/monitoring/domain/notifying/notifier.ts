import type { Lease } from "#platform/lease/lease.ts";
import type { AlertRecord } from "../../store/alerts/alert-record.ts";
import type { AlertStore, StoredAlert } from "../../store/alerts/alert-store.ts";
import type { GroupRecord } from "../../store/alerts/group-record.ts";
import type { GroupStore, Telling } from "../../store/alerts/group-store.ts";
import type { AlertBoard } from "../alerts/alert-board.ts";
import { generatorUrl } from "../alerts/generator-url.ts";
import { type Grouping, groupingOf } from "../channels/channel-defaults.ts";
import type { Channel, Channels } from "../channels/channels.ts";
import { newDeliveryId } from "../delivery/deliveries.ts";
import { groupKeyOf, type NotifiedAlert, toWebhookPayload } from "../delivery/notification.ts";
import { compileMatchers, type Labels } from "../label-matcher.ts";
import { decideGroup, type GroupMember } from "./group-plan.ts";

/** What telling channels of alerts needs. */
export interface NotifierOptions {
  readonly channels: Pick<Channels, "all" | "get">;
  readonly board: AlertBoard;
  readonly alerts: Pick<AlertStore, "getMany">;
  readonly groups: GroupStore;
  /** What channels were told before. */
  readonly known: readonly GroupRecord[];
  /** Address of the dashboard; empty if none is configured. */
  readonly externalUrl: string;
}

/** A group of alerts of one channel. */
interface Group {
  readonly channel: Channel;
  readonly grouping: Grouping;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly firing: AlertRecord[];
}

/** Most ids that a delivery names. */
const idsInDelivery = 100;

/** Tells channels of alerts, group by group, each at its time. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #known: Map<string, GroupRecord>;
  /** When a group is looked at next. */
  readonly #due = new Map<string, number>();

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#known = new Map(options.known.map((group) => [nameOf(group), group]));
  }

  /** Looks at every group that is due; gives when the next one is. */
  async run(lease: Lease, nowMs: number): Promise<number> {
    const groups = this.#groups();
    for (const [name, known] of this.#known) if (!groups.has(name)) await this.#forget(lease, known);
    for (const name of [...this.#due.keys()]) if (!groups.has(name)) this.#due.delete(name);
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [name, group] of groups) {
      if (this.#dueMs(name, group) <= nowMs) {
        await this.#tell(lease, name, group, nowMs);
        this.#due.set(name, nowMs + group.grouping.groupIntervalMs);
      }
      nextMs = Math.min(nextMs, this.#dueMs(name, group));
    }
    return nextMs;
  }

  /** A new group waits for more alerts; one that was told of waits before it tells of a change. */
  #dueMs(name: string, { channel, grouping, firing }: Group): number {
    const known = this.#known.get(name);
    const planned = this.#due.get(name);
    // A shorter interval takes effect at once.
    if (planned !== undefined) return planned;
    if (known !== undefined) return known.notifiedAtMs + grouping.groupIntervalMs;
    const begunMs = Math.min(...firing.map(({ firedAtMs = 0 }) => firedAtMs));
    return Math.max(begunMs, channel.value.createdAtMs) + grouping.groupWaitMs;
  }

  /** All groups in which an alert fires, and those of which a channel still believes it. */
  #groups(): Map<string, Group> {
    const groups = new Map<string, Group>();
    const firing = this.#options.board.firing();
    for (const channel of this.#options.channels.all()) {
      if (channel.value.disabled) continue;
      const grouping = groupingOf(channel.value);
      const matches = compileMatchers(channel.value.matchers);
      const add = (groupLabels: Labels, alerts: AlertRecord[]) => {
        const groupKey = groupKeyOf(groupLabels);
        const name = nameOf({ channelId: channel.id, groupKey });
        const group = groups.get(name) ?? { channel, grouping, groupKey, groupLabels, firing: [] };
        groups.set(name, group);
        group.firing.push(...alerts);
      };
      for (const alert of firing)
        if (matches(alert.labels)) add(pick(alert.labels, grouping.groupBy), [alert]);
      for (const known of this.#known.values())
        if (known.channelId === channel.id) add(known.groupLabels, []);
    }
    return groups;
  }

  async #tell(lease: Lease, name: string, group: Group, nowMs: number): Promise<void> {
    const { channel, grouping, firing } = group;
    const known = this.#known.get(name);
    const isFiring = new Set(firing.map(({ alertId }) => alertId));
    const ended = (known?.firing ?? []).filter((alertId) => !isFiring.has(alertId));
    const stored = await this.#options.alerts.getMany([...isFiring, ...ended]);
    const alerts = new Map(stored.map((alert) => [alert.record.alertId, alert]));
    const { repeatIntervalMs } = grouping;
    const terms = { repeatIntervalMs, skipResolved: channel.value.skipResolved };
    const decision = decideGroup(known, stored.map(memberOf), terms, nowMs);
    if (decision.told === undefined && decision.firing.length === (known?.firing.length ?? 0)) return;
    const told = decision.told?.map((alertId) => alerts.get(alertId)!.record);
    const telling = told && this.#write(group, told, nowMs);
    const record: GroupRecord | undefined =
      decision.firing.length === 0
        ? undefined
        : {
            channelId: channel.id,
            groupKey: group.groupKey,
            groupLabels: { ...group.groupLabels },
            notifiedAtMs: telling === undefined ? (known?.notifiedAtMs ?? nowMs) : nowMs,
            firing: [...decision.firing],
            deliveryId: telling?.delivery.deliveryId ?? known?.deliveryId ?? "",
          };
    const earlier = known?.deliveryId;
    const where = { channelId: channel.id, groupKey: group.groupKey };
    if (!(await this.#options.groups.tell(lease, where, record, earlier, telling))) return;
    if (record === undefined) this.#known.delete(name);
    else this.#known.set(name, record);
  }

  async #forget(lease: Lease, known: GroupRecord): Promise<void> {
    // A channel that is switched off for a while is not told again what it knows.
    if (this.#options.channels.get(known.channelId) !== undefined) return;
    await this.#options.groups.tell(lease, known, undefined, undefined, undefined);
    this.#known.delete(nameOf(known));
  }

  #write(
    { channel, grouping, groupKey, groupLabels }: Group,
    told: readonly AlertRecord[],
    nowMs: number,
  ): Telling {
    const { externalUrl } = this.#options;
    const payload = toWebhookPayload({
      receiver: channel.id,
      groupLabels,
      alerts: told.map((alert) => toldAlert(alert, externalUrl)),
      maxAlerts: grouping.maxAlerts,
      externalUrl,
    });
    return {
      payload: JSON.stringify(payload),
      delivery: {
        deliveryId: newDeliveryId(nowMs),
        channelId: channel.id,
        state: "pending",
        kind: payload.status,
        groupKey,
        alertIds: told.slice(0, idsInDelivery).map(({ alertId }) => alertId),
        alertCount: told.length,
        createdAtMs: nowMs,
        nextAttemptAtMs: nowMs,
        attemptCount: 0,
        attempts: [],
        redeliveryOf: "",
      },
    };
  }
}

function nameOf({ channelId, groupKey }: Pick<GroupRecord, "channelId" | "groupKey">): string {
  return `${channelId} ${groupKey}`;
}

function pick(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(names.flatMap((name) => (labels[name] ? [[name, labels[name]]] : [])));
}

function memberOf({ record, acknowledgement }: StoredAlert): GroupMember {
  return {
    alertId: record.alertId,
    isFiring: record.state === "firing",
    isMuted: record.silenceIds.length > 0 || record.inhibitedBy.length > 0,
    isAcknowledged: acknowledgement !== undefined,
    endsQuietly: record.endsQuietly,
  };
}

function toldAlert(alert: AlertRecord, externalUrl: string): NotifiedAlert {
  return {
    alertId: alert.alertId,
    status: alert.state === "firing" ? "firing" : "resolved",
    labels: alert.labels,
    annotations: alert.annotations,
    startsAtMs: alert.firedAtMs ?? alert.activeAtMs,
    endsAtMs: alert.endedAtMs,
    generatorUrl: generatorUrl(externalUrl, alert.alertId),
    fingerprint: alert.fingerprint,
  };
}
