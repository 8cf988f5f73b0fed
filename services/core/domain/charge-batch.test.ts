import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { MoneySchema } from "#gen/billing/type/v1/money_pb.ts";
import { startFaultyProxy } from "#platform/testing/faulty-proxy.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { accountKeys } from "../store/keys.ts";
import { LedgerStore } from "../store/ledger-store.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { Billing, type ChargeRequest } from "./billing.ts";
import { chargeLines, type LineResult } from "./charge-batch.ts";
import { Ledger } from "./ledger.ts";
import { Rating } from "./rating.ts";
import { idempotencyOf, startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger({ port: true });
});
after(() => shared.stop());

const noPeer = () => Promise.reject(new Error("a named amount needs no peer"));
const rating = new Rating({ price: noPeer }, { rate: noPeer, currency: noPeer });
const billingOver = (store: LedgerStore) => new Billing(new Ledger(store), rating);

let accounts = 0;
async function funded(amount: bigint): Promise<string> {
  const accountId = `batch-${++accounts}`;
  await shared.create(accountId);
  await shared.credit(accountId, amount);
  return accountId;
}

function line(accountId: string, amount: string, key: string): ChargeRequest {
  return {
    accountId,
    price: { kind: "amount", money: create(MoneySchema, { currencyCode: "USD", amount }), quoteId: "" },
    idempotency: idempotencyOf("Charge", [accountId, amount], key),
    description: "",
    metadata: {},
  };
}

function describe(line: LineResult): string {
  if (line.kind !== "CHARGED") return `${line.kind} ${(line.error as { reason?: string }).reason ?? "fault"}`;
  const { balance, idempotentReplay } = line.result;
  return `${idempotentReplay ? "replay" : "ok"} ${balance.availableAtoms}`;
}

test("each line has its own result, in order within an account", async () => {
  const [a, b, corrupt] = [await funded(10n), await funded(5n), await funded(5n)];
  await shared.command("RPOP", accountKeys(corrupt).journal);
  const lines = [
    [line(a, "4", "1"), "ok 6"],
    [line(corrupt, "1", "1"), "REFUSED fault"],
    [line(b, "5", "1"), "ok 0"],
    [line(a, "7", "2"), "REFUSED INSUFFICIENT_FUNDS"],
    [line(a, "4", "1"), "replay 6"],
    [line(a, "5", "1"), "REFUSED IDEMPOTENCY_KEY_REUSED"],
    [line("nobody", "1", "1"), "REFUSED ACCOUNT_NOT_FOUND"],
    [line(a, "0", "3"), "REFUSED AMOUNT_INVALID"],
    [line(b, "1", "2"), "REFUSED INSUFFICIENT_FUNDS"],
    [line(a, "6", "4"), "ok 0"],
    [line(corrupt, "1", "2"), "REFUSED fault"],
  ] as const;
  const results = await chargeLines(
    billingOver(shared.store),
    lines.map(([request]) => request),
  );
  assert.deepEqual(
    results.map(describe),
    lines.map(([, expected]) => expected),
  );
  for (const id of [a, b]) await auditAccount(shared, id);
});

test("a thousand lines of one account are debited in order", async () => {
  const accountId = await funded(999n);
  const lines = Array.from({ length: 1_000 }, (_, index) => line(accountId, "1", `key-${index}`));
  const results = await chargeLines(billingOver(shared.store), lines);
  const expected = Array.from({ length: 999 }, (_, index) => `ok ${998 - index}`);
  assert.deepEqual(results.map(describe), [...expected, "REFUSED INSUFFICIENT_FUNDS"]);
  await auditAccount(shared, accountId);
});

test("a reply that is lost makes one outcome unknown, and the same batch again charges nothing twice", async () => {
  const accountId = await funded(100n);
  const { port } = await shared.serverOf(accountId);
  await using proxy = await startFaultyProxy({ port: port! });
  const redis = await connectTestRedis(`redis://127.0.0.1:${proxy.port}`, { name: "cut" });
  try {
    const lines = ["1", "2", "3", "4"].map((amount) => line(accountId, amount, `key-${amount}`));
    /** Loses the reply of the second charge. */
    class CutStore extends LedgerStore {
      #charges = 0;
      override run: LedgerStore["run"] = (call) => {
        if (call.name === "charge" && ++this.#charges === 2) proxy.setFault({ kind: "cutReply" });
        return super.run(call);
      };
    }
    const first = await chargeLines(billingOver(new CutStore(redis)), lines);
    const refused = "REFUSED STORE_UNAVAILABLE";
    assert.deepEqual(first.map(describe), ["ok 99", "UNKNOWN STORE_UNAVAILABLE", refused, refused]);
    const again = await chargeLines(billingOver(shared.store), lines);
    assert.deepEqual(again.map(describe), ["replay 99", "replay 97", "ok 94", "ok 90"]);
    await auditAccount(shared, accountId);
  } finally {
    await redis.close();
  }
});
