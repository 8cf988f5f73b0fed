import { recordCodec } from "#platform/documents/record-codec.ts";
import { feedLua } from "#platform/feed/feed.ts";
import { createGuardedScript, runGuarded } from "#platform/lease/guarded-script.ts";
import type { Lease } from "#platform/lease/lease.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { createScript, readLua, runScript } from "#platform/redis/script.ts";
import { alertKeys as keys } from "./alert-keys.ts";
import {
  type AcknowledgementRecord,
  type AlertRecord,
  acknowledgementRecord,
  alertRecord,
  type RoundRecord,
  type RuleStatusRecord,
  roundRecord,
  ruleStatusRecord,
  type TransitionRecord,
  transitionRecord,
} from "./alert-record.ts";

const lua = (name: string) => readLua(import.meta.url, `./scripts/${name}.lua`);
const writeScript = createGuardedScript("write", feedLua, lua("alerts"), lua("write"));
const dropScript = createGuardedScript("write-always", lua("drop"));
const annotateScript = createScript("write", feedLua, lua("alerts"), lua("annotate"));

const codecs = {
  alert: recordCodec(alertRecord),
  acknowledgement: recordCodec(acknowledgementRecord),
  transition: recordCodec(transitionRecord),
  status: recordCodec(ruleStatusRecord),
  round: recordCodec(roundRecord),
};

/** How long resolved alerts are kept. */
const resolvedKeptMs = 30 * 24 * 60 * 60 * 1_000;
/** Alerts that never fired: long enough for a watcher that comes back to learn of their end. */
const inactiveKeptMs = 60 * 60 * 1_000;
/** Alerts written in one step. */
const writtenAtOnce = 100;

/** An alert as the evaluator left it, and the steps that led there. */
export interface AlertWrite {
  readonly record: AlertRecord;
  readonly transitions: readonly TransitionRecord[];
}

/** An alert with what others than the evaluator say of it. */
export interface StoredAlert {
  readonly record: AlertRecord;
  readonly acknowledgement: AcknowledgementRecord | undefined;
  readonly lastNotifiedAtMs: number | undefined;
  /** Number of its last change. */
  readonly sequence: number;
}

/** Which alerts to look at: all, those that are pending or firing, or those of an account. */
export type AlertIndex = "all" | "active" | { readonly accountId: string };

/** Alerts in Redis. */
export class AlertStore {
  readonly feedKey: string = keys.feed;
  readonly leaseKey: string = keys.lease;
  readonly redis: Redis;

  constructor(redis: Redis) {
    this.redis = redis;
  }

  /** Writes as the evaluator. @throws LeaseLost, STORE_UNAVAILABLE: then some may be written. */
  async write(
    lease: Lease,
    alerts: readonly AlertWrite[],
    statuses: ReadonlyMap<string, RuleStatusRecord | undefined> = new Map(),
  ): Promise<void> {
    const statusArguments = [...statuses].flatMap(([ruleId, status]) => [
      ruleId,
      status === undefined ? "" : codecs.status.encode(status),
    ]);
    for (let start = 0; start === 0 || start < alerts.length; start += writtenAtOnce) {
      const some = alerts.slice(start, start + writtenAtOnce);
      const isLast = start + writtenAtOnce >= alerts.length;
      await runGuarded(
        this.redis,
        lease,
        writeScript,
        [
          ...[keys.records, keys.changes, keys.active, keys.ended, keys.meta, keys.feed, keys.ruleStatuses],
          ...some.flatMap(({ record }) => ownKeys(record)),
        ],
        [String(some.length), ...some.flatMap(writeArguments), ...(isLast ? statusArguments : [])],
      );
    }
  }

  /**
   * Notes or takes back (undefined) that somebody has taken an alert.
   *
   * @returns whether it could: the alert must be pending or firing.
   */
  async acknowledge(
    { record }: StoredAlert,
    acknowledgement: AcknowledgementRecord | undefined,
    transition: TransitionRecord,
  ): Promise<boolean> {
    const note = acknowledgement === undefined ? "" : codecs.acknowledgement.encode(acknowledgement);
    const step = codecs.transition.encode(transition);
    return (await this.#annotate(record, keys.acknowledgements, note, true, step)) === 1;
  }

  /** Notes that a notification about alerts arrived. */
  async noteNotified(alertIds: readonly string[], atMs: number): Promise<void> {
    for (const { record } of await this.getMany(alertIds))
      await this.#annotate(record, keys.notified, String(atMs), false, "");
  }

  async get(alertId: string): Promise<StoredAlert | undefined> {
    return (await this.getMany([alertId]))[0];
  }

  /** In their order, without those that there are no more. */
  async getMany(ids: readonly string[]): Promise<StoredAlert[]> {
    if (ids.length === 0) return [];
    const read = (key: string, command: string) =>
      this.redis.command<Array<string | number | null>>(key, [command, key, ...ids]);
    const [records, acknowledgements, notified, sequences] = await Promise.all([
      read(keys.records, "HMGET"),
      read(keys.acknowledgements, "HMGET"),
      read(keys.notified, "HMGET"),
      read(keys.changes, "ZMSCORE"),
    ]);
    return records.flatMap((record, index) => {
      if (record === null) return [];
      const acknowledgement = acknowledgements[index];
      const notifiedAt = notified[index];
      return {
        record: codecs.alert.decode(String(record)),
        acknowledgement: acknowledgement ? codecs.acknowledgement.decode(String(acknowledgement)) : undefined,
        lastNotifiedAtMs: notifiedAt ? Number(notifiedAt) : undefined,
        sequence: Number(sequences[index] ?? 0),
      };
    });
  }

  /** Ids, newest change first, whose number lies below one; with the number of the last one. */
  async listIds(index: AlertIndex, below: number | undefined, count: number): Promise<string[]> {
    const key = indexKey(index);
    const from = below === undefined ? "+inf" : `(${below}`;
    const command = ["ZRANGE", key, from, "-inf", "BYSCORE", "REV", "LIMIT", "0", String(count)];
    return this.redis.command<string[]>(key, command);
  }

  /** Ids whose number lies above one, oldest change first. */
  async listChangedIds(index: AlertIndex, above: number, count: number): Promise<string[]> {
    const key = indexKey(index);
    const command = ["ZRANGE", key, `(${above}`, "+inf", "BYSCORE", "LIMIT", "0", String(count)];
    return this.redis.command<string[]>(key, command);
  }

  /** Everything that is pending or firing. */
  async readActive(): Promise<StoredAlert[]> {
    const ids = await this.redis.command<string[]>(keys.active, ["ZRANGE", keys.active, "0", "-1"]);
    const alerts: StoredAlert[] = [];
    const atOnce = 500;
    for (let start = 0; start < ids.length; start += atOnce)
      alerts.push(...(await this.getMany(ids.slice(start, start + atOnce))));
    return alerts;
  }

  /** Number of the last change, and the greatest number of an alert that was dropped since. */
  async readPosition(): Promise<{ readonly sequence: number; readonly purged: number }> {
    const command = ["HMGET", keys.meta, "sequence", "purged"];
    const [sequence, purged] = await this.redis.command<Array<string | null>>(keys.meta, command);
    return { sequence: Number(sequence ?? 0), purged: Number(purged ?? 0) };
  }

  /** Steps of an alert, oldest first. */
  async readHistory(alertId: string): Promise<TransitionRecord[]> {
    const key = keys.history(alertId);
    const texts = await this.redis.command<string[]>(key, ["LRANGE", key, "0", "-1"]);
    return texts.map((text) => codecs.transition.decode(text));
  }

  async readStatuses(ruleIds: readonly string[]): Promise<Array<RuleStatusRecord | undefined>> {
    if (ruleIds.length === 0) return [];
    const command = ["HMGET", keys.ruleStatuses, ...ruleIds];
    const texts = await this.redis.command<Array<string | null>>(keys.ruleStatuses, command);
    return texts.map((text) => (text === null ? undefined : codecs.status.decode(text)));
  }

  /** Ids of all rules that have a status. */
  readStatusIds(): Promise<string[]> {
    return this.redis.command<string[]>(keys.ruleStatuses, ["HKEYS", keys.ruleStatuses]);
  }

  /** Notes how a round went; the field stands beside the numbers of changes. */
  async noteRound(round: RoundRecord): Promise<void> {
    await this.redis.command(keys.meta, ["HSET", keys.meta, "round", codecs.round.encode(round)]);
  }

  /** Undefined while there was none. */
  async readRound(): Promise<RoundRecord | undefined> {
    const text = await this.redis.command<string | null>(keys.meta, ["HGET", keys.meta, "round"]);
    return text === null ? undefined : codecs.round.decode(text);
  }

  /** Drops up to `count` alerts that are over for long; gives how many. */
  async dropEnded(lease: Lease, nowMs: number, count: number): Promise<number> {
    const command = ["ZRANGE", keys.ended, "-inf", String(nowMs), "BYSCORE", "LIMIT", "0", String(count)];
    const ids = await this.redis.command<string[]>(keys.ended, command);
    const alerts = await this.getMany(ids);
    if (alerts.length === 0) return 0;
    await runGuarded(
      this.redis,
      lease,
      dropScript,
      [
        ...[keys.records, keys.changes, keys.ended, keys.meta, keys.acknowledgements, keys.notified],
        ...alerts.flatMap(({ record }) => ownKeys(record)),
      ],
      alerts.map(({ record }) => record.alertId),
    );
    return alerts.length;
  }

  #annotate(record: AlertRecord, notesKey: string, note: string, mustBeActive: boolean, step: string) {
    return runScript<number>(
      this.redis,
      annotateScript,
      [
        ...[keys.records, keys.changes, keys.active, keys.ended, keys.meta, keys.feed],
        notesKey,
        ...ownKeys(record),
      ],
      [record.alertId, note, mustBeActive ? "1" : "0", record.accountId === "" ? "0" : "1", step],
    );
  }
}

function indexKey(index: AlertIndex): string {
  if (typeof index === "object") return keys.account(index.accountId);
  return index === "active" ? keys.active : keys.changes;
}

/** History, and the alerts of its account; the history again if it has none. */
function ownKeys({ alertId, accountId }: AlertRecord): [history: string, account: string] {
  const history = keys.history(alertId);
  return [history, accountId === "" ? history : keys.account(accountId)];
}

function writeArguments({ record, transitions }: AlertWrite): string[] {
  const { alertId, accountId, state, endedAtMs = 0 } = record;
  const dropAtMs = {
    pending: "",
    firing: "",
    resolved: String(endedAtMs + resolvedKeptMs),
    inactive: String(endedAtMs + inactiveKeptMs),
  }[state];
  return [
    alertId,
    codecs.alert.encode(record),
    dropAtMs,
    accountId === "" ? "0" : "1",
    String(transitions.length),
    ...transitions.map((transition) => codecs.transition.encode(transition)),
  ];
}
