import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { describe, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { TransactionType } from "../../../../client/messages/core.ts";
import { startGatewayProcess } from "../gateway-process.ts";
import {
  chat,
  costsNothing,
  folder,
  gatewayUrl,
  holdfast,
  longestCallMs,
  modelServer,
  newCaller,
  providerUrl,
  readUntil,
  reportedCost,
  stack,
  stateOf,
  unsettled,
  waitMs,
} from "../running-gateway.ts";

/** Of a gateway in a process of its own. */
function settingsFor(
  { key, accountId }: { key: string; accountId: string },
  longestCall = longestCallMs,
): NodeJS.ProcessEnv {
  return {
    CORE_URL: stack.url("core"),
    PRICING_URL: stack.url("pricing"),
    JWT_SECRET: stack.environment.JWT_SECRET,
    PROVIDER_URL: providerUrl(),
    GATEWAY_KEYS: `${key}=${accountId}`,
    GATEWAY_LONGEST_CALL_MS: String(longestCall),
    GATEWAY_UNSETTLED: join(folder, "unsettled-of-process.jsonl"),
  };
}

describe("a call that is repeated with its Idempotency-Key", () => {
  const withKey = (key: string) => ({ headers: { "idempotency-key": key } });

  for (const stream of [false, true])
    test(`gets its first answer again and is charged once (stream: ${stream})`, async () => {
      const { key, accountId } = await newCaller();
      const options = { ...withKey("same"), fields: { stream } };
      const first = await (await chat(key, "hello", options)).text();
      const { calls } = modelServer;
      const second = await (await chat(key, "hello", options)).text();
      assert.equal(second.replace(/: charged.*\n\n/, ""), first.replace(/: charged.*\n\n/, ""));
      assert.equal(modelServer.calls, calls, "the model did not run again");
      assert.equal((await stateOf(accountId)).spent, reportedCost);
      const other = await chat(key, "something else", options);
      assert.equal(other.status, 422);
    });

  test("is told to wait while the first attempt runs", async () => {
    const { key } = await newCaller();
    const leaving = new AbortController();
    const options = { ...withKey("twice"), fields: { stream: true } };
    await readUntil(await chat(key, "a [hang]", { ...options, signal: leaving.signal }), /hang/);
    assert.equal((await chat(key, "a [hang]", options)).status, 409);
    leaving.abort();
  });

  test("is not charged again by a gateway that has forgotten the answer", async () => {
    const { key, accountId } = await newCaller();
    const options = withKey("forgotten");
    assert.equal((await chat(key, "hello", options)).status, 200);
    await using other = await startGatewayProcess(settingsFor({ key, accountId }));
    const response = await chat(key, "hello", { ...options, url: other.url });
    assert.equal(response.status, 409);
    assert.match(await response.text(), /already_charged/);
    assert.equal((await stateOf(accountId)).spent, reportedCost);
  });

  test("is made anew after a failure that cost nothing", async () => {
    const { key, accountId } = await newCaller();
    const options = withKey("again");
    assert.equal((await chat(key, "[fail]", options)).status, 500);
    assert.equal((await chat(key, "[fail]", options)).status, 500);
    assert.deepEqual(await stateOf(accountId), costsNothing);
  });
});

test("the list of models has what is priced for chats", async () => {
  const { key } = await newCaller();
  const response = await fetch(`${gatewayUrl}/models`, { headers: { authorization: `Bearer ${key}` } });
  const { data } = (await response.json()) as { data: Array<{ id: string }> };
  assert.ok(data.some(({ id }) => id === "gpt-4o"));
});

describe("a gateway that is killed in the midst of a call", () => {
  const options = { fields: { stream: true }, headers: { "idempotency-key": "lost" } };

  /** Kills a gateway that has begun to answer a call. */
  async function loseCall(caller: { key: string; accountId: string }, longestCall?: number): Promise<void> {
    await using first = await startGatewayProcess(settingsFor(caller, longestCall));
    await readUntil(await chat(caller.key, "hello [hang]", { ...options, url: first.url }), /hang/);
    first.process.signal("SIGKILL");
    await first.process.waitForExit();
  }

  test("leaves a hold that a repeated call takes over, once", async () => {
    const { key, accountId } = await newCaller();
    await loseCall({ key, accountId });
    assert.notEqual((await stateOf(accountId)).reserved, "0", "held, as if the call still ran");
    const leaving = new AbortController();
    const again = await chat(key, "hello [hang]", { ...options, signal: leaving.signal });
    assert.equal(again.status, 200);
    await readUntil(again, /hang/);
    leaving.abort();
    await eventually(async () => assert.equal((await stateOf(accountId)).reserved, "0"), waitMs);
    const { transactions } = await holdfast.core.listTransactions({ accountId });
    const { ACCOUNT_CREATED, CREDIT, RESERVE, COMMIT } = TransactionType;
    const types = transactions.map(({ type }) => type);
    assert.deepEqual(types, [COMMIT, RESERVE, CREDIT, ACCOUNT_CREATED]);
  });

  test("costs nothing where nobody repeats the call: its hold ends by itself", async () => {
    let caller = await newCaller();
    await loseCall(caller, 2_000);
    // On a machine that is too slow the gateway ends the call before it is killed: again, with a longer one.
    for (let longestMs = 4_000; (await stateOf(caller.accountId)).reserved === "0"; longestMs *= 2) {
      assert.ok(longestMs < waitMs / 2, "the hold was given back");
      caller = await newCaller();
      await loseCall(caller, longestMs);
    }
    await eventually(async () => assert.deepEqual(await stateOf(caller.accountId), costsNothing), waitMs);
    const { transactions } = await holdfast.core.listTransactions({ accountId: caller.accountId });
    assert.equal(transactions[0]?.type, TransactionType.HOLD_EXPIRED);
  });
});

// Last, since it takes Core away from all.
test("a call whose settlement finds no Core is answered, noted, and charged once when Core is back", async () => {
  const { key, accountId } = await newCaller();
  const continued = once(modelServer, "waiting").then(async ([go]) => {
    await stack.kill("core");
    (go as () => void)();
  });
  const response = await chat(key, "[wait] answered");
  await continued;
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("x-charged"), "later");
  await stack.restart("core");
  await unsettled.settle(holdfast.core);
  await unsettled.settle(holdfast.core);
  assert.deepEqual(await stateOf(accountId), { spent: reportedCost, reserved: "0" });
});
