import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ServiceError } from "#platform/errors/service-error.ts";
import { accountKeys } from "../store/keys.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import type { AccountChange } from "./account-administration.ts";
import { decodeMemo } from "./memo.ts";
import { encodeTransactionId } from "./resource-id.ts";
import { startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let ledger: TestLedger;
before(async () => {
  ledger = await startTestLedger();
});
after(() => ledger.stop());

function update(accountId: string, configVersion: number, change: Partial<AccountChange> = {}) {
  return ledger.administration.update({
    accountId,
    configVersion: BigInt(configVersion),
    creditLimitAtoms: undefined,
    priceBook: undefined,
    setLabels: {},
    removeLabels: [],
    lowBalanceThresholds: undefined,
    comment: `version ${configVersion + 1}`,
    ...change,
  });
}

const freeze = (accountId: string, freezeReason: string) =>
  ledger.administration.freeze({ accountId, freezeReason, comment: "looks odd" });

test("an update changes what it names and leaves the rest", async () => {
  await ledger.create("update", 7n);
  const steps: ReadonlyArray<readonly [change: Partial<AccountChange>, settings: object, limit: bigint]> = [
    [{ setLabels: { a: "1", b: "2" } }, { priceBook: "", labels: { a: "1", b: "2" } }, 7n],
    [{ priceBook: "vip" }, { priceBook: "vip", labels: { a: "1", b: "2" } }, 7n],
    [{ setLabels: { a: "3" }, removeLabels: ["b", "x"] }, { priceBook: "vip", labels: { a: "3" } }, 7n],
    [{ creditLimitAtoms: 0n }, { priceBook: "vip", labels: { a: "3" } }, 0n],
    [{ priceBook: "", removeLabels: ["a"] }, { priceBook: "", labels: {} }, 0n],
  ];
  for (const [number, [change, settings, limit]] of steps.entries()) {
    const { account } = await update("update", number + 1, change);
    assert.deepEqual(account.settings, { lowBalanceThresholds: [], ...settings });
    assert.deepEqual([account.creditLimitAtoms, account.configVersion], [limit, number + 2]);
    assert.deepEqual((await ledger.ledger.getAccount("update")).account, account, "as it is read again");
  }
  const thresholds = [{ amount: "5" }, { percentOfLastCredit: 10 }];
  const { account } = await update("update", 6, { lowBalanceThresholds: thresholds });
  assert.deepEqual(account.settings.lowBalanceThresholds, thresholds);
  assert.deepEqual((await update("update", 7, { lowBalanceThresholds: [] })).account.settings.labels, {});
  const { entries } = await auditAccount(ledger, "update");
  assert.deepEqual(
    entries.slice(1).map(({ type, legs, memo }) => {
      const { metadata, description } = decodeMemo(memo);
      return [type, legs, metadata.config_version, description];
    }),
    [2, 3, 4, 5, 6, 7, 8].map((version) => ["ACCOUNT_UPDATED", [], String(version), `version ${version}`]),
  );
  assert.equal(await ledger.command("HEXISTS", accountKeys("update").account, "m"), 0);
});

test("of two updates based on the same version exactly one happens", async () => {
  await ledger.create("race");
  const names = ["a", "b", "c", "d", "e", "f"];
  const outcomes = await Promise.allSettled(
    names.map((name) => update("race", 1, { setLabels: { [name]: "1" } })),
  );
  const refused = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
  assert.deepEqual(
    refused.map(({ reason }) => [reason.reason, reason.metadata.current_version]),
    names.slice(1).map(() => ["VERSION_MISMATCH", "2"]),
  );
  const { account } = await ledger.ledger.getAccount("race");
  assert.equal(Object.keys(account.settings.labels).length, 1);
});

test("an account has at most 32 labels, and none is set and removed at once", async () => {
  await ledger.create("labels");
  const many = (count: number, prefix: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, "x"]));
  await update("labels", 1, { setLabels: many(32, "a") });
  await assert.rejects(update("labels", 2, { setLabels: { b: "x" } }), (error: ServiceError) => {
    assert.deepEqual([error.reason, error.fields[0]?.field], ["REQUEST_INVALID", "set_labels"]);
    return true;
  });
  await assert.rejects(update("labels", 2, { setLabels: { a0: "y" }, removeLabels: ["a0"] }), {
    reason: "REQUEST_INVALID",
  });
  await update("labels", 2, { setLabels: { b: "x" }, removeLabels: ["a0"] });
});

test("freezes are a set of at most 16 reasons, each with its entry", async () => {
  await ledger.create("frozen");
  const reasons = Array.from({ length: 16 }, (_, index) => `dispute:dp_${index}`);
  for (const reason of reasons) await freeze("frozen", reason);
  await assert.rejects(freeze("frozen", "operator"), {
    reason: "FREEZE_LIMIT_REACHED",
    metadata: { limit: "16" },
  });
  await freeze("frozen", reasons[3]!);
  await ledger.administration.unfreeze({ accountId: "frozen", freezeReason: reasons[3]!, comment: "won" });
  const { account } = await freeze("frozen", "operator");
  assert.deepEqual(account.freezeReasons, [...reasons.filter((_, index) => index !== 3), "operator"]);
  assert.equal(account.configVersion, 1);
  const { sequence } = await auditAccount(ledger, "frozen");
  assert.equal(sequence, 1 + 16 + 1 + 1);
  const unfrozen = encodeTransactionId({ accountId: "frozen", sequence: 18 });
  const { transaction } = await ledger.transactions.get(unfrozen);
  assert.equal(transaction.type, "ACCOUNT_UNFROZEN");
  assert.deepEqual(decodeMemo(transaction.memo), {
    description: "won",
    metadata: { freeze_reason: reasons[3] },
    usages: [],
    source: undefined,
  });
});

test("a reason that is part of another is another one", async () => {
  await ledger.create("parts");
  await freeze("parts", "a.b");
  await freeze("parts", "a");
  await freeze("parts", "b");
  const { account } = await ledger.administration.unfreeze({
    accountId: "parts",
    freezeReason: "a",
    comment: "",
  });
  assert.deepEqual(account.freezeReasons, ["a.b", "b"]);
});

test("concurrent freezes and a charge: the charge is wholly before or refused", async () => {
  for (let round = 0; round < 20; round++) {
    const accountId = `freeze-race-${round}`;
    await ledger.create(accountId);
    await ledger.credit(accountId, 10n);
    const charge = ledger.charge(accountId, 10n).then(
      () => "charged",
      (error: { reason: string }) => error.reason,
    );
    await Promise.all([charge, freeze(accountId, "operator"), freeze(accountId, "dispute")]);
    const { columns } = await auditAccount(ledger, accountId);
    assert.equal(columns[3], (await charge) === "charged" ? 10n : 0n);
  }
});

test("an unknown account can't be changed", async () => {
  const unknown = { reason: "ACCOUNT_NOT_FOUND" };
  await assert.rejects(update("nobody", 1), unknown);
  await assert.rejects(freeze("nobody", "operator"), unknown);
  await assert.rejects(ledger.administration.close("nobody", 0n, ""), unknown);
});
