import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { waitUntil } from "#platform/testing/eventually.ts";
import type { JournalEntry } from "../store/journal-entry.ts";
import { accountKeys } from "../store/keys.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { waitUntilServerTime } from "../store/testing/test-store.ts";
import { decodeReservationId } from "./resource-id.ts";
import { startSweeper } from "./testing/counting-sweeper.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

type Action = "commit" | "commit a part" | "release" | "extend";

/** A hold, and a call that comes so many milliseconds before (below 0) or after its end. */
interface Race {
  readonly ttlMs: number;
  readonly offsetMs: number;
  readonly action: Action;
}

/** How a race ended for the caller. */
interface Answer {
  readonly action: Action;
  /** `OK` or the reason of the refusal. */
  readonly answer: string;
  readonly reservationId: string;
}

const anyRace: fc.Arbitrary<Race> = fc.record({
  ttlMs: fc.integer({ min: 1, max: 120 }),
  offsetMs: fc.integer({ min: -60, max: 15 }),
  action: fc.constantFrom<Action>("commit", "commit a part", "release", "extend"),
});
/** In time on any machine. */
const early = (["commit", "commit a part", "extend"] as const).map(
  (action): Race => ({ ttlMs: 5_000, offsetMs: -5_000, action }),
);
const heldAtoms = 10n;

/** Types of the entry that ends a hold (none: it stays open), and what is captured of it, by the caller's answer. */
const outcomes: Readonly<
  Record<Action, Readonly<Record<string, readonly [endedBy: string[], captured: bigint]>>>
> = {
  commit: { OK: [["COMMIT"], heldAtoms], RESERVATION_EXPIRED: [["HOLD_EXPIRED"], 0n] },
  "commit a part": { OK: [["HOLD_EXPIRED"], 4n], RESERVATION_EXPIRED: [["HOLD_EXPIRED"], 0n] },
  // What its expiry has released already is released all the same.
  release: { OK: [["RELEASE", "HOLD_EXPIRED"], 0n] },
  extend: { OK: [[], 0n], RESERVATION_EXPIRED: [["HOLD_EXPIRED"], 0n] },
};

const calls: Readonly<Record<Action, (ledger: TestLedger, reservationId: string) => Promise<unknown>>> = {
  commit: (ledger, id) => ledger.commit(id, heldAtoms),
  "commit a part": (ledger, id) => ledger.commit(id, 4n, { keepOpen: true }),
  release: (ledger, id) => ledger.release(id),
  extend: (ledger, id) => ledger.extend(id, { holdTtlMs: 3_600_000 }),
};

async function run(
  ledger: TestLedger,
  accountId: string,
  { ttlMs, offsetMs, action }: Race,
): Promise<Answer> {
  const { reservation } = await ledger.reserve(accountId, heldAtoms, { holdTtlMs: ttlMs });
  const { reservationId, expiresMs } = reservation;
  await waitUntilServerTime(ledger, expiresMs + offsetMs);
  const answer = await calls[action](ledger, reservationId).then(
    () => "OK",
    (error: { reason?: string }) => String(error.reason),
  );
  return { action, answer, reservationId };
}

function assertOneOutcome(entries: readonly JournalEntry[], { action, answer, reservationId }: Answer): void {
  const what = `${action}: ${answer}`;
  const expected = outcomes[action][answer];
  assert.ok(expected, what);
  const [endedBy, captured] = expected;
  const { sequence } = decodeReservationId(reservationId)!;
  const own = entries.filter(({ hold }) => hold?.sequence === sequence);
  const ended = own.filter(({ hold }) => hold?.state !== "HELD").map(({ type }) => type);
  assert.equal(ended.length, endedBy.length === 0 ? 0 : 1, what);
  for (const type of ended) assert.ok(endedBy.includes(type), `${what} and ${type}`);
  assert.equal(own.at(-1)?.hold?.capturedAtoms, captured, what);
}

test("calls that race two sweepers have exactly one outcome each, the one that was answered", async (context) => {
  await using ledger = await startTestLedger();
  const sweepers = [startSweeper(ledger), startSweeper(ledger)];
  const seen = new Map<string, number>();
  let accounts = 0;
  const property = fc.asyncProperty(fc.array(anyRace, { minLength: 30, maxLength: 60 }), async (races) => {
    const accountId = `race-${++accounts}`;
    await ledger.create(accountId, 10_000n);
    const answers = await Promise.all(races.map((race) => run(ledger, accountId, race)));
    const extended = answers.filter(({ action, answer }) => action === "extend" && answer === "OK").length;
    const { openHolds } = accountKeys(accountId);
    await waitUntil(
      "all but the extended have ended",
      async () => (await ledger.command<number>("HLEN", openHolds)) === extended,
    );
    const { entries } = await auditAccount(ledger, accountId);
    for (const answer of answers) {
      assertOneOutcome(entries, answer);
      const what = `${answer.action}: ${answer.answer}`;
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
  });
  await fc.assert(property, { numRuns: 40, examples: [[early]] });
  await Promise.all(sweepers.map(({ stop }) => stop()));
  context.diagnostic([...seen].map(([what, count]) => `${what} ${count}`).join(", "));
  for (const action of ["commit", "commit a part", "extend"])
    for (const answer of ["OK", "RESERVATION_EXPIRED"])
      assert.ok(seen.has(`${action}: ${answer}`), `no ${action} was answered with ${answer}`);
});
