import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Decimal } from "#money/decimal.ts";
import type { AdjustmentRequest, AdjustmentState } from "./adjustment.ts";
import { resumeAdjustments } from "./adjustment-upkeep.ts";
import { Adjustments } from "./adjustments.ts";
import { countPending, listAdjustments } from "./list-adjustments.ts";
import {
  adjust,
  asked,
  audited,
  by,
  decide,
  large,
  ledger,
  newParts,
  nowMs,
  passTime,
  redis,
} from "./testing/adjusting.ts";

const hourMs = 3_600_000;

const list = (state?: AdjustmentState) =>
  listAdjustments(newParts(), { state, accountId: "" }, 100, "").then(({ adjustments }) => adjustments);

const balance = () => ledger.balances.get("acme")?.toString();

describe("a correction within the limit", () => {
  test("is booked at once, shown, listed and audited", async () => {
    const { adjustment, replay, approvalRequired } = await adjust({ amount: "-5" });
    assert.deepEqual([replay, approvalRequired, balance()], [false, false, "95"]);
    const { state, availableBefore, availableAfter, transactionId, auditSequence } = adjustment;
    assert.deepEqual(
      [state, availableBefore, availableAfter, transactionId, auditSequence],
      ["applied", "100", "95", "t-1", 1],
    );
    assert.deepEqual(await list(), [adjustment]);
    const [entry] = await audited();
    assert.deepEqual(
      [entry?.actor.keyId, entry?.targetId, entry?.reason, entry?.result, entry?.beforeJson],
      ["ak_1", "acme", "goodwill", "succeeded", '{"available":"100"}'],
    );
    assert.deepEqual(await newParts().store.listOpen(10), []);
  });

  test("is booked once for one key, and the key is for it alone", async () => {
    const first = await adjust();
    const again = await adjust();
    assert.deepEqual(again, { ...first, replay: true });
    await assert.rejects(adjust({ amount: "6" }), { reason: "IDEMPOTENCY_KEY_REUSED" });
    assert.equal(balance(), "105");
    assert.equal((await audited()).length, 1);
  });

  test("is booked once when it is asked for many times at once", async () => {
    await Promise.all(Array.from({ length: 8 }, () => adjust()));
    assert.deepEqual([balance(), ledger.booked.length], ["105", 1]);
  });

  test("that is refused is forgotten, audited, and may succeed later with the same key", async () => {
    await assert.rejects(adjust({ amount: "-101" }), { reason: "INSUFFICIENT_FUNDS" });
    assert.deepEqual(await list(), []);
    const [entry] = await audited();
    assert.deepEqual([entry?.result, entry?.errorReason], ["refused", "INSUFFICIENT_FUNDS"]);
    ledger.balances.set("acme", Decimal.parse("200"));
    assert.equal((await adjust({ amount: "-101" })).adjustment.availableAfter, "99");
  });

  for (const fault of ["lost-request", "lost-reply"] as const) {
    test(`whose ${fault.replace("-", " ")} leaves its outcome open is finished by the upkeep, once`, async () => {
      ledger.faults.push(fault);
      await assert.rejects(adjust(), { reason: "PEER_UNAVAILABLE" });
      assert.equal((await list("applying")).length, 1);
      assert.equal(await resumeAdjustments(newParts()), 0, "it may still be under way");
      passTime(5 * 60_000);
      await Promise.all([resumeAdjustments(newParts()), resumeAdjustments(newParts())]);
      assert.deepEqual([balance(), ledger.booked.length], ["105", 1]);
      const [adjustment] = await list("applied");
      assert.ok(adjustment);
      const results = (await audited({ requestId: "r-1" })).map(({ result }) => result);
      assert.deepEqual([results[0], results.at(-1)], ["succeeded", "unknown"]);
      assert.equal((await adjust()).replay, true);
    });
  }

  test("whose outcome is open for days is looked up before it is booked again", async () => {
    ledger.faults.push("lost-reply");
    await assert.rejects(adjust(), { reason: "PEER_UNAVAILABLE" });
    passTime(72 * hourMs);
    ledger.forgetful = true;
    await resumeAdjustments(newParts());
    assert.deepEqual([balance(), ledger.booked.length], ["105", 1]);
    assert.equal((await list("applied"))[0]?.transactionId, "t-1");
  });
});

describe("a correction above the limit", () => {
  test("waits for a second key, and shows what it would do to the balance of now", async () => {
    const { adjustment, approvalRequired } = await adjust(large);
    assert.deepEqual([adjustment.state, approvalRequired, balance()], ["pending_approval", true, "100"]);
    assert.equal(adjustment.expiresAtMs, nowMs + 7 * 24 * hourMs);
    ledger.balances.set("acme", Decimal.parse("200"));
    assert.equal(await countPending(newParts()), 1);
    const [listed] = await list("pending_approval");
    assert.deepEqual([listed?.availableBefore, listed?.availableAfter], ["200", "1200.01"]);
  });

  test("is booked when another key approves, once, however often and by whomever it is approved", async () => {
    const { adjustment } = await adjust(large);
    await assert.rejects(decide(adjustment.adjustmentId, {}, "ak_1"), { reason: "APPROVAL_BY_SAME_KEY" });
    const decided = await decide(adjustment.adjustmentId);
    assert.deepEqual([decided.adjustment.state, decided.adjustment.decidedBy?.keyId], ["applied", "ak_2"]);
    for (const change of [{}, { idempotencyKey: "d-2" }]) {
      const again = await decide(adjustment.adjustmentId, change, "ak_3");
      assert.deepEqual([again.replay, again.adjustment.state], [true, "applied"]);
    }
    const opposite = { approve: false, idempotencyKey: "d-3" };
    await assert.rejects(decide(adjustment.adjustmentId, opposite), { reason: "ADJUSTMENT_NOT_PENDING" });
    await assert.rejects(decide(adjustment.adjustmentId, { approve: false }), {
      reason: "IDEMPOTENCY_KEY_REUSED",
    });
    assert.deepEqual([balance(), ledger.booked.length], ["1100.01", 1]);
    assert.deepEqual(
      (await audited({ result: "succeeded" })).map((entry) => [entry.action, entry.actor.keyId]),
      [
        ["ApproveAdjustment", "ak_2"],
        ["AdjustBalance", "ak_1"],
      ],
    );
  });

  test("is decided once when two decide at the same time", async () => {
    const { adjustment } = await adjust(large);
    const decisions = await Promise.allSettled([
      decide(adjustment.adjustmentId, { idempotencyKey: "d-1" }, "ak_2"),
      decide(adjustment.adjustmentId, { idempotencyKey: "d-2", approve: false }, "ak_3"),
    ]);
    assert.deepEqual(decisions.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert.ok(ledger.booked.length <= 1);
  });

  test("is booked once when it is approved many times at once", async () => {
    const { adjustment } = await adjust(large);
    const approvals = await Promise.all(Array.from({ length: 8 }, () => decide(adjustment.adjustmentId)));
    for (const { adjustment: approved } of approvals) assert.equal(approved.state, "applied");
    assert.deepEqual([balance(), ledger.booked.length], ["1100.01", 1]);
  });

  test("is withdrawn by whoever asked for it", async () => {
    const { adjustment } = await adjust(large);
    const { adjustment: rejected } = await decide(adjustment.adjustmentId, { approve: false }, "ak_1");
    assert.deepEqual([rejected.state, rejected.decisionNote, balance()], ["rejected", "agreed", "100"]);
    await assert.rejects(decide(adjustment.adjustmentId, { idempotencyKey: "d-2" }), {
      reason: "ADJUSTMENT_NOT_PENDING",
      metadata: { adjustment_id: adjustment.adjustmentId, state: "REJECTED" },
    });
  });

  test("that Billing Core refuses when it is approved has failed, and says why", async () => {
    const { adjustment } = await adjust({ amount: "-2000", allowNegative: true });
    ledger.balances.delete("acme");
    await assert.rejects(decide(adjustment.adjustmentId), { reason: "ACCOUNT_NOT_FOUND" });
    const [failed] = await list("failed");
    assert.equal(failed?.error, "ACCOUNT_NOT_FOUND: there is no such account");
    assert.equal((await decide(adjustment.adjustmentId)).adjustment.state, "failed");
    assert.equal((await audited())[0]?.errorReason, "ACCOUNT_NOT_FOUND");
  });

  test("ends when nobody decides within seven days, which is audited", async () => {
    const { adjustment } = await adjust(large);
    passTime(7 * 24 * hourMs);
    assert.deepEqual((await list("expired")).length, 1);
    await assert.rejects(decide(adjustment.adjustmentId), { reason: "ADJUSTMENT_NOT_PENDING" });
    assert.equal(await resumeAdjustments(newParts()), 1);
    assert.equal(await resumeAdjustments(newParts()), 0);
    const [entry] = await audited({ targetId: adjustment.adjustmentId, result: "succeeded" });
    assert.deepEqual([entry?.action, entry?.actor.type], ["adjustment.expire", "system"]);
  });

  const misfits: ReadonlyArray<[change: Partial<AdjustmentRequest>, reason: string]> = [
    [{ currencyCode: "EUR", amount: "1" }, "CURRENCY_MISMATCH"],
    [{ accountId: "nobody" }, "ACCOUNT_NOT_FOUND"],
    [{ amount: "-2000" }, "INSUFFICIENT_FUNDS"],
    [{ amount: "2000.123456789" }, "AMOUNT_INVALID"],
  ];
  for (const [change, reason] of misfits) {
    test(`that could not be made is refused at once, also as a preview: ${reason}`, async () => {
      const request = { ...large, ...change };
      await assert.rejects(new Adjustments(newParts()).preview(request, by("ak_1")), { reason });
      await assert.rejects(adjust(request), { reason });
      assert.deepEqual(await list(), []);
    });
  }
});

test("a preview shows the effect and whether a second key is needed, and stores nothing", async () => {
  for (const [amount, after, approvalRequired] of [
    ["-40", "60", false],
    ["1000", "1100", false],
    ["1000.00000001", "1100.00000001", true],
  ] as const) {
    const answer = await new Adjustments(newParts()).preview({ ...asked, amount }, by("ak_1"));
    const { state, availableBefore, availableAfter, adjustmentId } = answer.adjustment;
    assert.deepEqual([state, availableBefore, availableAfter, adjustmentId], ["preview", "100", after, ""]);
    assert.equal(answer.approvalRequired, approvalRequired);
  }
  assert.deepEqual(await redis.command("", ["KEYS", "*"]), []);
});

test("adjustments are listed newest first, by account and page by page", async () => {
  ledger.balances.set("other", Decimal.parse("1"));
  for (let index = 0; index < 7; index++) {
    passTime(1);
    await adjust({
      idempotencyKey: `k-${index}`,
      accountId: index % 3 === 0 ? "other" : "acme",
      amount: "1",
    });
  }
  const found: number[] = [];
  let after: string | undefined = "";
  while (after !== undefined) {
    const page = await listAdjustments(newParts(), { state: undefined, accountId: "acme" }, 2, after);
    assert.ok(page.adjustments.length <= 2);
    found.push(...page.adjustments.map(({ requestedAtMs }) => requestedAtMs));
    after = page.next;
  }
  assert.deepEqual(
    found,
    [1, 2, 4, 5].map((ago) => nowMs - ago),
  );
});
