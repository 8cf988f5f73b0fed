import { bucketOf } from "#platform/redis/buckets.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { crossingsKey } from "../../store/crossing-stream.ts";
import { readOutboxes } from "../../store/intake/outboxes.ts";
import { type SetAside, setAsideWrite } from "../../store/intake/set-aside.ts";
import type { ShardWrite } from "../../store/shard-commit.ts";
import { shardOfBucket } from "../../store/shard-keys.ts";
import type { AccountRules } from "../account-alerts/account-crossing.ts";
import { groupRules, passTime } from "../account-alerts/detect-crossings.ts";
import { ShardWriter, tellDropped } from "../metrics/shard-writer.ts";
import { type AccountState, newAccountState } from "./account-state.ts";
import { activeAccountWrites } from "./active-accounts.ts";
import { addTotals, type Batch, countInto, newBatch } from "./batch.ts";
import type { IntakeObserver } from "./intake-observer.ts";
import type { JournalPatience } from "./journal-patience.ts";
import type { LedgerEvent } from "./ledger-event.ts";
import type { LedgerJournal } from "./ledger-journal.ts";
import { type FaultyEntry, readSlice, type Slice, slicesOf } from "./outbox-slice.ts";
import { type ShardChange, ShardState } from "./shard-state.ts";

/** What counting needs. */
export interface ShardIntakeOptions {
  readonly redis: Redis;
  readonly shard: string;
  readonly buckets: readonly number[];
  readonly journal: LedgerJournal;
  readonly rules: AccountRules;
  readonly observer: IntakeObserver;
  /** Kept from turn to turn of the shard, since a failure ends one. */
  readonly patience: JournalPatience;
}

const entriesPerRead = 250;

/**
 * Counts the events of a shard's buckets, each exactly once: cursors, series, levels, account states and crossings
 * are written as one step that fails if anybody else wrote to the shard meanwhile. Whatever happens in between,
 * nothing is counted or everything is; after a failure all is read again.
 *
 * The sequence of each account shows what was missed: the journal has it. What cannot be read, neither from an outbox
 * nor from the journal, is set aside after a bounded number of tries, so that the rest is counted.
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

  /**
   * Counts what the journal has of an account beyond what was counted. If that cannot be read for good, it is set
   * aside.
   *
   * @throws what the journal throws, as often as is borne.
   */
  async refill(accountId: string, signal: AbortSignal): Promise<void> {
    const givenUp = await this.#refill(accountId, signal);
    if (givenUp === undefined) return;
    const found: SetAside = {
      ...{ entry: undefined, accountId, text: "", outcome: "missing" },
      reason: `the journal could not be read: ${givenUp}`,
    };
    await this.#write({ ...newBatch(), setAside: [found] }, new Map());
  }

  /** Sequence of the last event of an account that was counted; 0 if none was. */
  async sequenceOf(accountId: string): Promise<number> {
    return (await (await this.#open()).readAccounts([accountId])).get(accountId)?.sequence ?? 0;
  }

  /** Buckets whose accounts are all to be refilled. */
  async lostBuckets(): Promise<ReadonlySet<number>> {
    return (await this.#open()).marks.lost;
  }

  /** Notes that buckets lost entries, or that this has been made up for. */
  async markLost(buckets: readonly number[], isLost: boolean): Promise<void> {
    if (buckets.length === 0) return;
    const { marks } = await this.#open();
    await this.#writer.write([], [marks.writeOfLost(buckets, isLost)]);
    marks.takeLost(buckets, isLost);
  }

  /** Takes back that accounts are being refilled: whoever did it before was cut off. */
  async clearRefills(): Promise<void> {
    const { marks } = await this.#open();
    const cutOff = [...marks.refilling];
    if (cutOff.length === 0) return;
    await this.#writer.write([], marks.writesOfRefillsCutOff(cutOff));
    marks.takeRefillsCutOff(cutOff);
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
    const { events, faulty } = readSlice(slice);
    const setAside: SetAside[] = [];
    for (const each of faulty) setAside.push(await this.#replace(each, signal));
    for (const accountId of await this.#findGaps(events)) {
      this.#options.observer.gapFound(accountId);
      await this.refill(accountId, signal);
    }
    const batch = await this.#count(events);
    batch.setAside.push(...setAside);
    await this.#write(batch, slice.cursors);
  }

  /** Takes the event of an entry that cannot be read from the journal, if that has it. */
  async #replace({ entry, reason }: FaultyEntry, signal: AbortSignal): Promise<SetAside> {
    const { accountId, text } = entry;
    const found = { entry, accountId, text, reason } as const;
    // What another shard counts must not be counted here.
    const isOwn = accountId !== "" && shardOfBucket(bucketOf(accountId)) === this.#options.shard;
    if (!isOwn) return { ...found, outcome: "missing" };
    const givenUp = await this.#refill(accountId, signal);
    if (givenUp === undefined) return { ...found, outcome: "refilled" };
    return { ...found, reason: `${reason}; the journal: ${givenUp}`, outcome: "missing" };
  }

  /** Undefined if the account was refilled, else why it cannot be. */
  async #refill(accountId: string, signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.#options.patience.ask(accountId, () => this.#countJournal(accountId, signal));
    if ("givenUp" in answer) return answer.givenUp;
    return answer.value ? undefined : "Core does not know the account";
  }

  /** False if Core does not know the account. */
  async #countJournal(accountId: string, signal: AbortSignal): Promise<boolean> {
    const { journal, observer } = this.#options;
    const state = await this.#open();
    const known = (await state.readAccounts([accountId])).get(accountId);
    const facts = known ?? (await journal.readFacts(accountId));
    if (facts === undefined) return false;
    const { marks } = state;
    let refilled = 0;
    for await (const events of journal.readEvents(accountId, known?.sequence ?? 0, facts, signal)) {
      const start = refilled === 0 ? [marks.writeOfRefillStart(accountId)] : [];
      await this.#write(await this.#count(events), new Map(), start);
      marks.takeRefillStart(accountId);
      refilled += events.length;
    }
    if (refilled > 0) {
      await this.#write(newBatch(), new Map(), marks.writesOfRefillEnd(accountId));
      marks.takeRefillEnd(accountId);
      observer.refilled(accountId, refilled);
    }
    return true;
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
      if (before === undefined) batch.setAside.push(unknownAccount(event));
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
        const { journal, patience } = this.#options;
        const answer = await patience.ask(accountId, () => journal.readFacts(accountId));
        const facts = "value" in answer ? answer.value : undefined;
        if (facts === undefined) return;
        known.set(accountId, { ...(known.get(accountId) ?? newAccountState(facts)), ...facts });
      }),
    );
  }

  async #write(
    batch: Batch,
    cursors: ReadonlyMap<number, string>,
    others: readonly ShardWrite[] = [],
  ): Promise<void> {
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
      ...batch.setAside.map((found) => setAsideWrite(shard, found)),
      ...others,
    ];
    try {
      const dropped = await this.#writer.write(batch.changes, writes);
      tellDropped(batch.changes, dropped, (metric, count) => observer.dropped(metric, count));
    } catch (error) {
      this.#state = undefined;
      throw error;
    }
    state.take(change);
    observer.counted(batch.changes.length, batch.crossings.length);
    for (const found of batch.setAside) observer.setAside(found);
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

function unknownAccount({ accountId, sequence }: LedgerEvent): SetAside {
  const reason = `event ${sequence} is of an account that Core does not know or cannot read`;
  return { entry: undefined, accountId, text: "", reason, outcome: "missing" };
}
