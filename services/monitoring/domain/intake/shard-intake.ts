import type { Redis } from "#platform/redis/redis.ts";
import { crossingsKey } from "../../store/crossing-stream.ts";
import { decodeOutboxEntry } from "../../store/intake/outbox-entry.ts";
import { type OutboxRead, readOutboxes } from "../../store/intake/outboxes.ts";
import type { ShardWrite } from "../../store/shard-commit.ts";
import type { AccountCrossing, AccountRules } from "../account-alerts/account-crossing.ts";
import {
  type DetectionRules,
  detectCrossings,
  groupRules,
  passTime,
} from "../account-alerts/detect-crossings.ts";
import type { Figure } from "../metrics/figure.ts";
import { ShardWriter } from "../metrics/shard-writer.ts";
import { type AccountState, advance, newAccountState } from "./account-state.ts";
import { activeAccountWrites } from "./active-accounts.ts";
import { type CounterChange, countEvent } from "./count-event.ts";
import type { IntakeObserver } from "./intake-observer.ts";
import { type LedgerEvent, toLedgerEvent } from "./ledger-event.ts";
import type { LedgerJournal } from "./ledger-journal.ts";
import { addLevels, type LedgerLevels } from "./ledger-levels.ts";
import { type CounterTotals, type ShardChange, ShardState } from "./shard-state.ts";

/** What counting needs. */
export interface ShardIntakeOptions {
  readonly redis: Redis;
  readonly shard: string;
  readonly buckets: readonly number[];
  readonly journal: LedgerJournal;
  readonly rules: AccountRules;
  readonly observer: IntakeObserver;
}

/** Events per write: bounds how long one keeps Redis busy. */
const eventsPerWrite = 1_000;
const entriesPerRead = 250;

/** What was counted and is not yet written. */
interface Batch {
  readonly changes: CounterChange[];
  readonly accounts: Map<string, AccountState>;
  readonly levels: LedgerLevels;
  readonly crossings: AccountCrossing[];
  /** Accounts that moved money, with the time of their last event. */
  readonly active: Map<string, number>;
}

/**
 * Counts the events of a shard's buckets, each exactly once: cursors, series, levels, account states and crossings
 * are written as one step that fails if anybody else wrote to the shard meanwhile. Whatever happens in between,
 * nothing is counted or everything is; after a failure all is read again.
 *
 * The sequence of each account shows what was missed: the journal has it.
 */
export class ShardIntake {
  readonly #options: ShardIntakeOptions;
  readonly #writer: ShardWriter;
  #state: ShardState | undefined;

  constructor(options: ShardIntakeOptions) {
    this.#options = options;
    this.#writer = new ShardWriter(options.redis, options.shard);
  }

  /** Id of the last entry that was counted, by bucket. */
  async cursors(): Promise<ReadonlyMap<number, string>> {
    return (await this.#open()).cursors;
  }

  /**
   * Counts what the outboxes hold after the cursors; true if there may be more.
   *
   * @throws CommonError STORE_UNAVAILABLE or PEER_UNAVAILABLE, ShardConflict: nothing is lost; call it again.
   */
  async countNext(signal: AbortSignal): Promise<boolean> {
    const state = await this.#open();
    const reads = await readOutboxes(this.#options.redis, state.cursors, entriesPerRead);
    for (const slice of slicesOf(reads)) {
      if (signal.aborted) return false;
      await this.#countSlice(slice, signal);
    }
    return reads.some(({ entries }) => entries.length === entriesPerRead);
  }

  /** Counts what the journal has of an account beyond what was counted. */
  async refill(accountId: string, signal: AbortSignal): Promise<void> {
    const state = await this.#open();
    const known = (await state.readAccounts([accountId])).get(accountId);
    const facts = known ?? (await this.#options.journal.readFacts(accountId));
    if (facts === undefined) return;
    const sequence = known?.sequence ?? 0;
    let refilled = 0;
    for await (const events of this.#options.journal.readEvents(accountId, sequence, facts, signal)) {
      await this.#write(await this.#count(events), new Map());
      refilled += events.length;
    }
    if (refilled > 0) this.#options.observer.refilled(accountId, refilled);
  }

  /** Sequence of the last event of an account that was counted; 0 if none was. */
  async sequenceOf(accountId: string): Promise<number> {
    return (await (await this.#open()).readAccounts([accountId])).get(accountId)?.sequence ?? 0;
  }

  /** Buckets whose accounts are all to be refilled. */
  async lostBuckets(): Promise<ReadonlySet<number>> {
    return (await this.#open()).lost;
  }

  /** Notes that buckets lost entries, or that this has been made up for. */
  async markLost(buckets: readonly number[], isLost: boolean): Promise<void> {
    if (buckets.length === 0) return;
    const state = await this.#open();
    await this.#writer.write([], [state.writeOfLost(buckets, isLost)]);
    state.takeLost(buckets, isLost);
  }

  /** Ends spend spikes that are over although their accounts spend no more. */
  async passTime(nowMs: number): Promise<void> {
    const state = await this.#open();
    const rules = groupRules(this.#options.rules.current());
    const batch = newBatch();
    for (const [accountId, account] of await state.readAccounts(state.spiking)) {
      const spend = { accountId, sequence: account.sequence, atMs: nowMs, atoms: 0n };
      const { spikes, crossings } = passTime(account, rules, spend);
      if (crossings.length === 0 && rules.spendSpike.length > 0) continue;
      batch.accounts.set(accountId, { ...account, spikes });
      batch.crossings.push(...crossings);
    }
    if (batch.accounts.size > 0) await this.#write(batch, new Map());
  }

  async #countSlice(slice: Slice, signal: AbortSignal): Promise<void> {
    const events = slice.entries.map(({ accountId, text }) =>
      toLedgerEvent(decodeOutboxEntry(accountId, text)),
    );
    for (const accountId of await this.#findGaps(events)) {
      this.#options.observer.gapFound(accountId);
      await this.refill(accountId, signal);
    }
    await this.#write(await this.#count(events), slice.cursors);
  }

  /** Accounts of which an event is missing before one of these. */
  async #findGaps(events: readonly LedgerEvent[]): Promise<Set<string>> {
    const state = await this.#open();
    const known = await state.readAccounts(events.map(({ accountId }) => accountId));
    const reached = new Map<string, number>();
    const gaps = new Set<string>();
    for (const { accountId, sequence } of events) {
      const last = reached.get(accountId) ?? known.get(accountId)?.sequence ?? 0;
      if (sequence > last + 1) gaps.add(accountId);
      reached.set(accountId, Math.max(last, sequence));
    }
    return gaps;
  }

  /** Counts events that follow what was counted; what was counted before is left out. */
  async #count(events: readonly LedgerEvent[]): Promise<Batch> {
    const state = await this.#open();
    const rules = groupRules(this.#options.rules.current());
    const known = await state.readAccounts(events.map(({ accountId }) => accountId));
    await this.#readFacts(known, events);
    const batch = newBatch();
    for (const event of events) {
      const before = batch.accounts.get(event.accountId) ?? known.get(event.accountId);
      if (before === undefined) this.#options.observer.skipped(event.accountId);
      else if (event.sequence > before.sequence) countInto(batch, state.levels, before, event, rules);
    }
    return batch;
  }

  /** Asks for the facts of accounts that are new or were changed. */
  async #readFacts(known: Map<string, AccountState>, events: readonly LedgerEvent[]): Promise<void> {
    const asked = new Set(
      events
        .filter(
          ({ accountId, type, sequence }) =>
            !known.has(accountId) ||
            (type === "ACCOUNT_UPDATED" && sequence > known.get(accountId)!.sequence),
        )
        .map(({ accountId }) => accountId),
    );
    await Promise.all(
      [...asked].map(async (accountId) => {
        const facts = await this.#options.journal.readFacts(accountId);
        if (facts === undefined) return;
        known.set(accountId, { ...(known.get(accountId) ?? newAccountState(facts)), ...facts });
      }),
    );
  }

  async #write(batch: Batch, cursors: ReadonlyMap<number, string>): Promise<void> {
    const { shard, observer } = this.#options;
    const state = await this.#open();
    const totals = addTotals(state.totals, batch.changes);
    const change: ShardChange = { cursors, levels: batch.levels, totals, accounts: batch.accounts };
    const writes: ShardWrite[] = [
      ...state.writesOf(change),
      ...activeAccountWrites(shard, batch.active),
      ...batch.crossings.map(
        (crossing): ShardWrite => ({
          command: "XADD",
          key: crossingsKey(shard),
          args: ["*", "data", JSON.stringify(crossing)],
        }),
      ),
    ];
    try {
      await this.#writer.write(batch.changes, writes);
    } catch (error) {
      this.#state = undefined;
      throw error;
    }
    state.take(change);
    observer.counted(batch.changes.length, batch.crossings.length);
  }

  async #open(): Promise<ShardState> {
    const isNew = await this.#writer.open();
    if (isNew || this.#state === undefined) {
      const { redis, shard, buckets } = this.#options;
      this.#state = await ShardState.read(redis, shard, buckets);
    }
    return this.#state;
  }
}

function newBatch(): Batch {
  return { changes: [], accounts: new Map(), levels: new Map(), crossings: [], active: new Map() };
}

/** The totals that the changes of the system's series lead to. */
function addTotals(totals: CounterTotals, changes: readonly CounterChange[]): Map<string, Figure> {
  const added = new Map<string, Figure>();
  for (const { definition, labels, accountId, point } of changes) {
    if (accountId !== undefined) continue;
    const series = `${definition.name} ${labels}`;
    added.set(series, (added.get(series) ?? totals.get(series) ?? 0n) + point);
  }
  return added;
}

function countInto(
  batch: Batch,
  shardLevels: LedgerLevels,
  before: AccountState,
  event: LedgerEvent,
  rules: DetectionRules,
): void {
  batch.changes.push(...countEvent(event, before));
  const { currencyCode } = before;
  if (!batch.levels.has(currencyCode))
    batch.levels.set(currencyCode, new Map(shardLevels.get(currencyCode) ?? []));
  addLevels(batch.levels, before, event);
  const { state, crossings } = detectCrossings(advance(before, event), event, rules);
  batch.accounts.set(event.accountId, state);
  batch.crossings.push(...crossings);
  if (event.legs.length > 0) batch.active.set(event.accountId, event.atMs);
}

/** Entries that are counted in one write, and the cursors after them. */
interface Slice {
  readonly entries: OutboxRead["entries"];
  readonly cursors: ReadonlyMap<number, string>;
}

function slicesOf(reads: readonly OutboxRead[]): Slice[] {
  const slices: Slice[] = [];
  let entries: Array<OutboxRead["entries"][number]> = [];
  let cursors = new Map<number, string>();
  for (const read of reads) {
    if (entries.length > 0 && entries.length + read.entries.length > eventsPerWrite) {
      slices.push({ entries, cursors });
      entries = [];
      cursors = new Map();
    }
    entries.push(...read.entries);
    cursors.set(read.bucket, read.entries.at(-1)!.id);
  }
  if (entries.length > 0) slices.push({ entries, cursors });
  return slices;
}
