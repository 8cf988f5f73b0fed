import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { accountKeys } from "../store/keys.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { waitUntilServerTime } from "../store/testing/test-store.ts";
import { CoreError } from "./core-error.ts";
import type { Reservation } from "./reservation.ts";
import { decodeTransactionId } from "./resource-id.ts";
import type { HoldResult, PostingResult } from "./results.ts";
import { LedgerModel, type ModelOperation } from "./testing/ledger-model.ts";
import { idempotencyOf, startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let ledger: TestLedger;
before(async () => {
  ledger = await startTestLedger();
});
after(() => ledger.stop());

const int64Max = 2n ** 63n - 1n;
const amount = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 100n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 15n + 10n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: int64Max - 50n, max: int64Max }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: int64Max }) },
);
const positive = amount.map((value) => (value === 0n ? 1n : value));
const hold = fc.nat({ max: 5 });
const boolean = fc.boolean();
const operation: fc.Arbitrary<ModelOperation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("credit" as const),
      amount: positive,
      reference: fc.constantFrom("", "", "pi_1", "pi_2"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("charge" as const), amount }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("reserve" as const),
      amount,
      capture: boolean,
      short: fc.oneof(
        { weight: 3, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("commit" as const),
      hold,
      amount,
      overage: fc.constantFrom("REJECT", "CAP", "DEBT"),
      keepOpen: boolean,
      acceptExpired: boolean,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("release" as const), hold }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("expire" as const), hold }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("read" as const), hold }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("freeze" as const, "thaw" as const) }) },
);

/** Plays operations on the real ledger and answers in the model's words. */
class RealAccount {
  readonly holds: Reservation[] = [];
  readonly accountId: string;

  constructor(accountId: string) {
    this.accountId = accountId;
  }

  async perform(request: ModelOperation, key: string): Promise<string> {
    try {
      return await this.#perform(request, key);
    } catch (error) {
      if (error instanceof CoreError) return error.reason;
      throw error;
    }
  }

  async #perform(request: ModelOperation, key: string): Promise<string> {
    const method = request.do;
    const call = { idempotency: idempotencyOf(method, request, key) };
    switch (request.do) {
      case "credit": {
        const more = { ...call, externalReference: request.reference };
        return describe(await ledger.credit(this.accountId, request.amount, more));
      }
      case "charge":
        return describe(await ledger.charge(this.accountId, request.amount, call));
      case "reserve":
        return this.#reserve(request, call);
      case "commit":
        return describeHold(
          await ledger.commit(this.#hold(request.hold).reservationId, request.amount, {
            ...call,
            overage: request.overage,
            keepOpen: request.keepOpen,
            acceptExpired: request.acceptExpired,
          }),
        );
      case "release":
        return describeHold(await ledger.release(this.#hold(request.hold).reservationId, call));
      case "expire":
        return (await ledger.ledger.expireHold(this.#hold(request.hold).reservationId))
          ? "expired"
          : "unchanged";
      case "read": {
        const { reservation } = await ledger.ledger.getReservation(this.#hold(request.hold).reservationId);
        return describeReservation(reservation);
      }
      case "freeze":
        await ledger.command("HSET", accountKeys(this.accountId).account, "z", "operator");
        return "ok";
      case "thaw":
        await ledger.command("HDEL", accountKeys(this.accountId).account, "z");
        return "ok";
    }
  }

  async #reserve(
    request: Extract<ModelOperation, { do: "reserve" }>,
    call: { idempotency: ReturnType<typeof idempotencyOf> },
  ): Promise<string> {
    const result = await ledger.reserve(this.accountId, request.amount, {
      ...call,
      holdTtlMs: request.short ? 1 : 600_000,
      onExpiry: request.capture ? "CAPTURE" : "RELEASE",
    });
    if (!result.idempotentReplay) this.holds.push(result.reservation);
    if (request.short) await waitUntilServerTime(ledger, result.reservation.expiresMs);
    return describeHold(result);
  }

  #hold(index: number): Reservation {
    return this.holds[index % this.holds.length]!;
  }
}

function describe({ transaction, balance, idempotentReplay }: PostingResult): string {
  const { availableAtoms, reservedAtoms, fundedAtoms, spentAtoms, expiredAtoms } = balance;
  const columns = [availableAtoms, reservedAtoms, fundedAtoms, spentAtoms, expiredAtoms].join(" ");
  const answer = `ok #${transaction.sequence} uncollected=${transaction.uncollectedAtoms} ${columns}`;
  return idempotentReplay ? `replay ${answer}` : answer;
}

function describeHold(result: HoldResult): string {
  return `${describe(result)} ${describeReservation(result.reservation)}`;
}

function describeReservation(reservation: Reservation): string {
  const { state, remainingAtoms, capturedAtoms, settlingTransactionIds } = reservation;
  const settlements = settlingTransactionIds.map((id) => decodeTransactionId(id)?.sequence);
  return `${state} ${remainingAtoms}/${capturedAtoms} by ${settlements.join("+")}`;
}

const needsHold = new Set<ModelOperation["do"]>(["commit", "release", "expire", "read"]);
const posts = new Set<ModelOperation["do"]>(["credit", "charge", "reserve", "commit", "release"]);
let accounts = 0;

async function playBoth(
  creditLimit: bigint,
  operations: readonly ModelOperation[],
  retries: readonly number[],
) {
  const accountId = `model-${++accounts}`;
  await ledger.create(accountId, creditLimit);
  const model = new LedgerModel(creditLimit);
  const real = new RealAccount(accountId);
  const answered: { request: ModelOperation; key: string; answer: string }[] = [];
  for (const [number, request] of operations.entries()) {
    if (needsHold.has(request.do) && model.holds.length === 0) continue;
    const key = `key-${number}`;
    const expected = model.perform(request);
    assert.equal(await real.perform(request, key), expected);
    if (posts.has(request.do) && /^(replay )?ok/.test(expected))
      answered.push({ request, key, answer: expected });
    const { columns, sequence, openHolds } = await auditAccount(ledger, accountId);
    assert.equal(`${columns.join(" ")} #${sequence}`, `${model.columns} #${model.sequence}`);
    const held = model.holds.filter(({ state }) => state === "HELD").map(({ remaining }) => remaining);
    assert.deepEqual([...openHolds.values()].sort(), held.sort());
  }
  for (const retry of answered.length === 0 ? [] : retries) {
    const { request, key, answer } = answered[retry % answered.length]!;
    assert.equal(await real.perform(request, key), `replay ${answer.replace(/^replay /, "")}`, "a retry");
  }
  const { columns } = await auditAccount(ledger, accountId);
  assert.equal(columns.join(" "), model.columns, "retries change nothing");
  await ledger.command("DEL", accountKeys(accountId).outbox);
}

test("random operations answer as the model says, and their retries as they did the first time", async () => {
  const creditLimit = fc.constantFrom(0n, 50n, int64Max);
  const operations = fc.array(operation, { minLength: 1, maxLength: 40, size: "max" });
  const retries = fc.array(fc.nat({ max: 100 }), { maxLength: 6 });
  await fc.assert(fc.asyncProperty(creditLimit, operations, retries, playBoth), { numRuns: 150 });
});
