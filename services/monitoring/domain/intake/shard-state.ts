import type { Redis } from "#platform/redis/redis.ts";
import { nothingRead } from "../../store/intake/outboxes.ts";
import { readHash } from "../../store/read-hash.ts";
import type { ShardWrite } from "../../store/shard-commit.ts";
import { shardKey } from "../../store/shard-keys.ts";
import { type Figure, formatFigure, parseFigure } from "../metrics/figure.ts";
import { type AccountState, decodeAccountState, encodeAccountState } from "./account-state.ts";
import { IntakeMarks, namesWith } from "./intake-marks.ts";
import { decodeLevels, encodeLevels, type LedgerLevels } from "./ledger-levels.ts";

/** States that are remembered; about 500 bytes each. */
const rememberedAccounts = 50_000;
const accountsPerRead = 500;

const intakeKey = (shard: string) => shardKey(shard, "intake");
const totalsKey = (shard: string) => shardKey(shard, "totals");
const accountKey = (shard: string, accountId: string) => shardKey(shard, `account:${accountId}`);
const cursorPrefix = "cursor:";
const spikingPrefix = "spiking:";

/**
 * How far a shard has counted: positions in its outboxes, its share of the levels, the states of its accounts. As
 * it was read, with what has been written since; whoever changes it writes it in the same step as what was counted.
 */
export class ShardState {
  readonly #redis: Redis;
  readonly #shard: string;
  /** Id of the last entry that was counted, by bucket. */
  readonly cursors: ReadonlyMap<number, string>;
  readonly levels: LedgerLevels;
  /** Counters of the system since their beginning. */
  readonly totals: CounterTotals;
  /** Accounts whose spend is above a line. */
  readonly spiking: ReadonlySet<string>;
  readonly marks: IntakeMarks;
  readonly #accounts = new Map<string, AccountState>();

  private constructor(
    redis: Redis,
    shard: string,
    buckets: readonly number[],
    fields: Map<string, string>,
    totals: CounterTotals,
  ) {
    this.totals = totals;
    this.#redis = redis;
    this.#shard = shard;
    this.cursors = new Map(
      buckets.map((bucket) => [bucket, fields.get(`${cursorPrefix}${bucket}`) ?? nothingRead]),
    );
    this.levels = new Map();
    decodeLevels(fields, this.levels);
    this.spiking = new Set(namesWith(spikingPrefix, fields));
    this.marks = new IntakeMarks(intakeKey(shard), fields);
  }

  static async read(redis: Redis, shard: string, buckets: readonly number[]): Promise<ShardState> {
    const [fields, totals] = await Promise.all([
      readHash(redis, intakeKey(shard)),
      readHash(redis, totalsKey(shard)),
    ]);
    return new ShardState(redis, shard, buckets, fields, decodeTotals(totals));
  }

  /** The states of accounts; those of which nothing was counted are absent. */
  async readAccounts(accountIds: Iterable<string>): Promise<Map<string, AccountState>> {
    const ids = [...new Set(accountIds)];
    const missing = ids.filter((accountId) => !this.#accounts.has(accountId));
    for (let at = 0; at < missing.length; at += accountsPerRead) {
      const part = missing.slice(at, at + accountsPerRead);
      const keys = part.map((accountId) => accountKey(this.#shard, accountId));
      const texts = await this.#redis.command<Array<string | null>>(keys[0]!, ["MGET", ...keys]);
      part.forEach((accountId, position) => {
        const text = texts[position];
        if (text != null) this.#accounts.set(accountId, decodeAccountState(text));
      });
    }
    return new Map(
      ids.flatMap((accountId) => {
        const state = this.#accounts.get(accountId);
        return state === undefined ? [] : [[accountId, state]];
      }),
    );
  }

  /** Remembers what was written. */
  take(change: ShardChange): void {
    for (const [bucket, cursor] of change.cursors) (this.cursors as Map<number, string>).set(bucket, cursor);
    for (const [currencyCode, own] of change.levels) this.levels.set(currencyCode, own);
    for (const [series, total] of change.totals) (this.totals as Map<string, Figure>).set(series, total);
    for (const [accountId, state] of change.accounts) {
      // Last used, last dropped.
      this.#accounts.delete(accountId);
      this.#accounts.set(accountId, state);
      const spiking = this.spiking as Set<string>;
      if (isSpiking(state)) spiking.add(accountId);
      else spiking.delete(accountId);
    }
    for (const accountId of this.#accounts.keys()) {
      if (this.#accounts.size <= rememberedAccounts) break;
      this.#accounts.delete(accountId);
    }
  }

  /** The writes that a change takes. */
  writesOf(change: ShardChange): ShardWrite[] {
    const key = intakeKey(this.#shard);
    const fields = [...change.cursors].flatMap(([bucket, cursor]) => [`${cursorPrefix}${bucket}`, cursor]);
    fields.push(...encodeLevels(change.levels));
    const ended: string[] = [];
    const writes: ShardWrite[] = [];
    for (const [accountId, state] of change.accounts) {
      const args = [encodeAccountState(state)];
      writes.push({ command: "SET", key: accountKey(this.#shard, accountId), args });
      if (isSpiking(state)) fields.push(`${spikingPrefix}${accountId}`, "1");
      else if (this.spiking.has(accountId)) ended.push(`${spikingPrefix}${accountId}`);
    }
    if (fields.length > 0) writes.push({ command: "HSET", key, args: fields });
    const totals = [...change.totals].flatMap(([series, total]) => [series, formatFigure(total)]);
    if (totals.length > 0) writes.push({ command: "HSET", key: totalsKey(this.#shard), args: totals });
    if (ended.length > 0) writes.push({ command: "HDEL", key, args: ended });
    return writes;
  }
}

/** What counting changes of a shard's state. */
export interface ShardChange {
  readonly cursors: ReadonlyMap<number, string>;
  /** The new levels of the currencies that changed. */
  readonly levels: LedgerLevels;
  /** The new totals of the counters that changed. */
  readonly totals: CounterTotals;
  readonly accounts: ReadonlyMap<string, AccountState>;
}

/** Counters since their beginning, by `<metric> <label values>`. */
export type CounterTotals = ReadonlyMap<string, Figure>;

/** The shards' levels put together, as they are at this moment. */
export async function readAllLevels(redis: Redis, shards: readonly string[]): Promise<LedgerLevels> {
  const levels: LedgerLevels = new Map();
  for (const fields of await Promise.all(shards.map((shard) => readHash(redis, intakeKey(shard)))))
    decodeLevels(fields, levels);
  return levels;
}

/** The shards' counters put together. */
export async function readAllTotals(redis: Redis, shards: readonly string[]): Promise<CounterTotals> {
  const totals = new Map<string, Figure>();
  for (const own of await Promise.all(shards.map((shard) => readHash(redis, totalsKey(shard))))) {
    for (const [series, total] of decodeTotals(own)) totals.set(series, (totals.get(series) ?? 0n) + total);
  }
  return totals;
}

function decodeTotals(fields: ReadonlyMap<string, string>): CounterTotals {
  return new Map([...fields].map(([series, text]) => [series, parseFigure(text)]));
}

function isSpiking({ spikes }: AccountState): boolean {
  return Object.values(spikes).some(({ firing }) => firing);
}
