/** Ledgers of their own whose events an intake counts. */

import { bucketOf, bucketTags } from "#platform/redis/buckets.ts";
import { redis } from "#platform/testing/shared-redis.ts";
import type { SetAside } from "../../../store/intake/set-aside.ts";
import { ledgerShards, shardOfBucket } from "../../../store/shard-keys.ts";
import type { AccountRule } from "../../account-alerts/account-crossing.ts";
import { formatFigure } from "../../metrics/figure.ts";
import { bucketsOf } from "../intake.ts";
import { JournalPatience } from "../journal-patience.ts";
import type { LedgerEvent } from "../ledger-event.ts";
import type { LedgerJournal } from "../ledger-journal.ts";
import { ShardIntake } from "../shard-intake.ts";
import { readAllLevels, readAllTotals } from "../shard-state.ts";

export const unit = "\u001f";
export const none = new AbortController().signal;

const lowBalance: AccountRule = {
  kind: "low_balance",
  ruleId: "low",
  defaultLevels: [{ name: "low", threshold: { amount: "1", currencyCode: "USD" } }],
  rearmPercent: "10",
};

/** A ledger of its own: what is published, and what only the journal has. */
export async function createLab() {
  await redis.command("", ["FLUSHALL"]);
  const journal = new Map<string, LedgerEvent[]>();
  const reads: string[] = [];
  const core: LedgerJournal = {
    async readFacts(accountId) {
      if (!journal.has(accountId)) return undefined;
      return { currencyCode: "USD", ledgerScale: 2, thresholds: [] };
    },
    async *readEvents(accountId, afterSequence) {
      reads.push(accountId);
      for (const event of journal.get(accountId)!.filter(({ sequence }) => sequence > afterSequence))
        yield [event];
    },
    async *listAccounts() {},
  };
  const setAside: SetAside[] = [];
  const patience = new JournalPatience();
  const observer = {
    counted() {},
    gapFound() {},
    dropped() {},
    refilled() {},
    setAside: (found: SetAside) => void setAside.push(found),
    lost() {},
    failed() {},
  };
  const open = (accountId: string) => {
    const shard = shardOfBucket(bucketOf(accountId));
    return new ShardIntake({
      redis,
      shard,
      buckets: bucketsOf(shard),
      journal: core,
      rules: { current: () => [lowBalance] },
      observer,
      patience,
    });
  };
  return { redis, journal, reads, setAside, open, core };
}
type Lab = Awaited<ReturnType<typeof createLab>>;

/** Appends a charge of some cents to an account's journal and, unless it is to be missing, to its outbox. */
export async function charge(
  lab: Lab,
  accountId: string,
  postedAtoms: bigint,
  publishes = true,
): Promise<void> {
  const events = lab.journal.get(accountId) ?? [];
  lab.journal.set(accountId, events);
  const sequence = events.length + 1;
  const atMs = Date.now();
  events.push({
    accountId,
    sequence,
    atMs,
    type: "CHARGE",
    postedAtoms,
    reservedAtoms: 0n,
    creditLimitAtoms: 0n,
    legs: [
      { column: "available", amountAtoms: -7n, kind: "purchased" },
      { column: "spent", amountAtoms: 7n, kind: "purchased" },
    ],
    openHoldsChange: 0,
    source: "",
    uncollectedAtoms: 0n,
  });
  if (!publishes) return;
  const text = ["1", sequence, atMs, "D", postedAtoms, 0, 0, 0, 0, 0, "a-7;s7"].join(unit);
  const key = `{${bucketTags[bucketOf(accountId)]}}:o`;
  await lab.redis.command(key, ["XADD", key, "*", "a", accountId, "q", String(sequence), "e", text]);
}

/** Charges counted, money spent, and what is owed. */
export async function counted({ redis }: Lab) {
  const totals = await readAllTotals(redis, ledgerShards);
  const levels = await readAllLevels(redis, ledgerShards);
  const of = (series: string) => formatFigure(totals.get(series) ?? 0n);
  return {
    charges: of(`billing_charges_total USD${unit}charge`),
    spent: of(`billing_spent_total USD${unit}purchased`),
    liabilities: formatFigure(levels.get("USD")?.get("liabilities") ?? 0n),
  };
}

/** Puts something into an account's outbox that no ledger wrote. */
export async function publish({ redis: store }: Lab, accountId: string, ...fields: string[]): Promise<void> {
  const key = `{${bucketTags[bucketOf(accountId)]}}:o`;
  await store.command(key, ["XADD", key, "*", ...fields]);
}

export async function countAll(intake: ShardIntake): Promise<void> {
  while (await intake.countNext(none));
}
