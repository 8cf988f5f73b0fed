import { Decimal } from "#money/decimal.ts";
import { type AdjustmentRecord, entryOf } from "../../store/adjustment-store.ts";
import { type Adjustment, type AdjustmentState, stateOf, toAdjustment } from "./adjustment.ts";
import type { ApplyParts } from "./apply-adjustment.ts";

/** Which adjustments to show. */
export interface AdjustmentFilter {
  /** Undefined means any. */
  readonly state: AdjustmentState | undefined;
  /** Empty means any. */
  readonly accountId: string;
}

/** Some adjustments, newest first. */
export interface AdjustmentPage {
  readonly adjustments: readonly Adjustment[];
  /** Where the next page begins; undefined at the end. */
  readonly next: string | undefined;
}

/** Adjustments that one call looks at. */
const mostScanned = 2_000;
const readAtOnce = 500;
/** Balances that are read at the same time. */
const balancesAtOnce = 16;

/** A page of adjustments; it may be empty and have more after it. `after` is `next` of the page before. */
export async function listAdjustments(
  parts: ApplyParts,
  filter: AdjustmentFilter,
  limit: number,
  after: string,
): Promise<AdjustmentPage> {
  const found: AdjustmentRecord[] = [];
  let next: string | undefined = after;
  for (let scanned = 0; next !== undefined && found.length < limit && scanned < mostScanned; ) {
    const page = await parts.store.list(readAtOnce, next);
    next = undefined;
    for (const [index, record] of page.records.entries()) {
      scanned += 1;
      if (matches(record, filter, parts.now())) found.push(record);
      const isLast = page.complete && index === page.records.length - 1;
      if (!isLast) next = entryOf(record);
      if (found.length === limit) break;
    }
  }
  return { adjustments: await withLiveBalances(parts, found), next };
}

/** Open adjustments that a count looks at; it stops there. */
const mostCounted = 1_000;

/** Number of adjustments that wait for a second key, up to a bound. */
export async function countPending({ store, now }: Pick<ApplyParts, "store" | "now">): Promise<number> {
  const open = await store.listOpen(mostCounted);
  return open.filter(({ record }) => stateOf(record, now()) === "pending_approval").length;
}

function matches(record: AdjustmentRecord, { state, accountId }: AdjustmentFilter, nowMs: number): boolean {
  if (accountId !== "" && record.accountId !== accountId) return false;
  return state === undefined || stateOf(record, nowMs) === state;
}

/** Shows what those that wait would do to the balances of now; what cannot be read is left out. */
async function withLiveBalances(
  parts: ApplyParts,
  records: readonly AdjustmentRecord[],
): Promise<readonly Adjustment[]> {
  const shown = records.map((record) => toAdjustment(record, parts.now()));
  const accounts = [
    ...new Set(shown.filter(({ state }) => state === "pending_approval").map(({ accountId }) => accountId)),
  ];
  const available = new Map<string, Decimal>();
  for (let from = 0; from < accounts.length; from += balancesAtOnce) {
    await Promise.all(
      accounts.slice(from, from + balancesAtOnce).map(async (accountId) => {
        const account = await parts.ledger.readAccount(accountId).catch(() => undefined);
        if (account !== undefined) available.set(accountId, account.available);
      }),
    );
  }
  return shown.map((adjustment) => {
    const before = available.get(adjustment.accountId);
    if (adjustment.state !== "pending_approval" || before === undefined) return adjustment;
    const after = before.add(Decimal.parse(adjustment.amount));
    return { ...adjustment, availableBefore: before.toString(), availableAfter: after.toString() };
  });
}
