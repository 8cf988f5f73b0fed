import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { accountKeys } from "./store/keys.ts";
import { type CoreClient, type RunningCore, startCore } from "./testing/running-core.ts";

const patientMs = 60_000;

/** A new account with money in it and two charges. */
async function chargedAccount(client: CoreClient, accountId: string): Promise<void> {
  const money = (amount: string) => ({ currencyCode: "USD", amount });
  await client.createAccount({ accountId, currencyCode: "USD" });
  await client.credit({ accountId, amount: money("10"), source: "admin", idempotencyKey: "fund" });
  const price = { case: "amount" as const, value: { money: money("1") } };
  for (const idempotencyKey of ["first", "second"]) await client.charge({ accountId, price, idempotencyKey });
}

/** As somebody would who writes to Redis past Core. */
async function setSpent({ redis }: RunningCore, accountId: string, atoms: string): Promise<void> {
  const { account } = accountKeys(accountId);
  await redis.command(account, ["HSET", account, "s", atoms]);
}

describe("a Core that verifies in the background", () => {
  let core: RunningCore;
  let client: CoreClient;
  before(async () => {
    core = await startCore({ environment: { CORE_VERIFICATION_INTERVAL_MS: "500" } });
    client = await core.client();
  });
  after(() => core?.stop());

  const rounds = () => core.metric('billing_core_verification_rounds_total{outcome="completed"}');
  const violations = (invariant: string) =>
    core.metric(`billing_invariant_violations_total{invariant="${invariant}"}`);
  const nextRounds = async (count: number) => {
    const before = await rounds().catch(() => 0);
    await eventually(async () => assert.ok((await rounds()) >= before + count), patientMs);
  };

  test("counts a fault that somebody planted by its invariant, names the account in its log, and ends when it is mended", async () => {
    await chargedAccount(client, "sound");
    await chargedAccount(client, "damaged");
    await nextRounds(2);
    for (const invariant of ["columns", "sum", "readable"]) assert.equal(await violations(invariant), 0);
    const { balance } = await client.getBalance({ accountId: "damaged" });
    assert.equal(balance?.spent?.amount, "2");
    await setSpent(core, "damaged", "1");
    await eventually(async () => assert.ok((await violations("columns")) > 0), patientMs);
    assert.equal(await violations("sum"), 0);
    // The log comes by another way than the metrics.
    await eventually(() =>
      assert.ok(
        core.log.some((line) => line.includes('"accountId":"damaged"') && line.includes("do not agree")),
      ),
    );
    assert.ok(!core.log.some((line) => line.includes('"accountId":"sound"')));
    await setSpent(core, "damaged", "200000000");
    await nextRounds(2);
    const mended = await violations("columns");
    await nextRounds(2);
    assert.equal(await violations("columns"), mended);
  });
});

describe("a Core that is told not to", () => {
  let core: RunningCore;
  before(async () => {
    core = await startCore({ environment: { CORE_VERIFICATION_INTERVAL_MS: "0" } });
  });
  after(() => core?.stop());

  test("counts what it finds when it is asked", async () => {
    const client = await core.client();
    await chargedAccount(client, "asked");
    await setSpent(core, "asked", "1");
    const { verification } = await client.verifyAccount({ accountId: "asked" });
    assert.deepEqual(
      verification?.faults.map(({ subject, expected, found }) => [subject, expected, found]),
      [["spent", "200000000", "1"]],
    );
    const summaries: bigint[] = [];
    for await (const { event } of client.verifyLedger({}))
      if (event.case === "summary" && event.value.complete) summaries.push(event.value.accountsInconsistent);
    assert.deepEqual(summaries, [1n]);
    assert.equal(await core.metric('billing_invariant_violations_total{invariant="columns"}'), 2);
    assert.equal(await core.metric("billing_core_verified_accounts_total"), 2);
  });
});
