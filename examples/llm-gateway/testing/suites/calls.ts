import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import {
  chat,
  costsNothing,
  modelServer,
  newCaller,
  readUntil,
  reportedCost,
  stateOf,
  waitMs,
} from "../running-gateway.ts";

describe("a call through the gateway", () => {
  test("is charged by the tokens that the provider reports, and says what it cost", async () => {
    const { key, accountId } = await newCaller();
    const response = await chat(key, "hello there");
    const { choices } = (await response.json()) as { choices: [{ message: { content: string } }] };
    assert.equal(choices[0].message.content, "hello there");
    assert.equal(response.headers.get("x-charged"), `${reportedCost} USD`);
    assert.equal(response.headers.get("x-available"), "4.99384625 USD");
    assert.deepEqual(await stateOf(accountId), { spent: reportedCost, reserved: "0" });
  });

  test("streams through, settled before the end, without the event that nobody asked for", async () => {
    const { key, accountId } = await newCaller();
    const text = await (await chat(key, "one two", { fields: { stream: true } })).text();
    assert.deepEqual(text.match(/"content":"[^"]*"/g), ['"content":"one "', '"content":"two "']);
    assert.doesNotMatch(text, /prompt_tokens/);
    assert.ok(text.endsWith(`: charged ${reportedCost} USD, 4.99384625 USD left\n\ndata: [DONE]\n\n`), text);
    assert.deepEqual(await stateOf(accountId), { spent: reportedCost, reserved: "0" });
    const stream_options = { include_usage: true };
    const asked = await (await chat(key, "one", { fields: { stream: true, stream_options } })).text();
    assert.match(asked, /prompt_tokens/);
  });

  test("holds money for all that it may answer while it runs", async () => {
    const { key, accountId } = await newCaller();
    const leaving = new AbortController();
    const fields = { stream: true, max_completion_tokens: 10_000 };
    const response = await chat(key, "slow [hang]", { fields, signal: leaving.signal });
    await readUntil(response, /slow/);
    const { reserved } = await stateOf(accountId);
    assert.match(reserved ?? "", /^0\.10/, "10,000 tokens at 10 USD per million, and the input");
    leaving.abort();
  });

  test("is charged in full where it used more than was held", async () => {
    const { key, accountId } = await newCaller("0.001");
    const response = await chat(key, "hello", { fields: { max_completion_tokens: 1 } });
    assert.equal(response.headers.get("x-available"), "-0.00515375 USD");
    assert.deepEqual(await stateOf(accountId), { spent: reportedCost, reserved: "0" });
  });

  for (const stream of [false, true])
    test(`is charged by an estimate where the provider reports nothing (stream: ${stream})`, async () => {
      const { key, accountId } = await newCaller();
      await (await chat(key, `[unmetered] ${"word ".repeat(100)}`, { fields: { stream } })).text();
      const { spent, reserved } = await stateOf(accountId);
      assert.equal(reserved, "0");
      assert.ok(Number(spent) > 0.001 && Number(spent) < 0.002, `about 130 tokens each way, not ${spent}`);
    });
});

describe("a caller who leaves", () => {
  test("in the midst of a stream pays for what was made until then", async () => {
    const { key, accountId } = await newCaller();
    const leaving = new AbortController();
    const options = { fields: { stream: true }, signal: leaving.signal };
    await readUntil(await chat(key, "a b c [hang] never said", options), /hang/);
    leaving.abort();
    await eventually(async () => {
      const { spent, reserved } = await stateOf(accountId);
      assert.equal(reserved, "0");
      assert.ok(Number(spent) > 0 && Number(spent) < Number(reportedCost), spent);
    }, waitMs);
  });

  test("before the first word pays nothing", async () => {
    const { key, accountId } = await newCaller();
    const leaving = new AbortController();
    const gone = chat(key, "[silent]", { fields: { stream: true }, signal: leaving.signal });
    await eventually(async () => assert.notEqual((await stateOf(accountId)).reserved, "0"), waitMs);
    leaving.abort();
    await assert.rejects(gone, { name: "AbortError" });
    await eventually(async () => assert.deepEqual(await stateOf(accountId), costsNothing), waitMs);
  });
});

test("a caller who leaves a plain call pays it, and finds the answer by its key", async () => {
  const { key, accountId } = await newCaller();
  const leaving = new AbortController();
  const options = { headers: { "idempotency-key": "left" } };
  const waiting = once(modelServer, "waiting");
  const gone = chat(key, "[wait] said", { ...options, signal: leaving.signal });
  const [go] = await waiting;
  leaving.abort();
  await assert.rejects(gone, { name: "AbortError" });
  (go as () => void)();
  await eventually(async () => assert.equal((await stateOf(accountId)).spent, reportedCost), waitMs);
  const again = await eventually(async () => {
    const response = await chat(key, "[wait] said", options);
    assert.equal(response.status, 200);
    return response;
  }, waitMs);
  assert.match(await again.text(), /said/);
  assert.equal((await stateOf(accountId)).spent, reportedCost);
});

describe("a provider that fails", () => {
  const cases = [
    { said: "[fail]", fields: {}, status: 500, words: /overloaded/ },
    { said: "[fail]", fields: { stream: true }, status: 500, words: /overloaded/ },
    { said: "some words [break] lost", fields: { stream: true }, status: 200, words: /not charged/ },
  ];
  for (const { said, fields, status, words } of cases)
    test(`costs nothing: ${said} ${JSON.stringify(fields)}`, async () => {
      const { key, accountId } = await newCaller();
      const response = await chat(key, said, { fields });
      assert.equal(response.status, status);
      assert.match(await response.text(), words);
      await eventually(async () => assert.deepEqual(await stateOf(accountId), costsNothing), waitMs);
    });
});

describe("a call that can't be made", () => {
  test("for lack of money is a 402 in plain words, and the provider is not asked", async () => {
    const { key, accountId } = await newCaller("0.005");
    const { calls } = modelServer;
    const response = await chat(key, "hi");
    assert.equal(response.status, 402);
    const { error } = (await response.json()) as { error: Record<string, unknown> };
    assert.deepEqual(
      [error.type, error.code, error.param],
      ["insufficient_quota", "insufficient_funds", null],
    );
    assert.match(String(error.message), /may cost up to 0\.01029 USD, you have 0\.005 USD to spend/);
    assert.equal(modelServer.calls, calls);
    assert.deepEqual(await stateOf(accountId), costsNothing);
    const smaller = await chat(key, "hi", { fields: { max_completion_tokens: 400 } });
    assert.equal(smaller.status, 200, "fewer tokens fit");
  });

  const refused = [
    { what: "an unknown key", key: "sk-nobody", fields: {}, status: 401, code: "invalid_api_key" },
    { what: "an unknown model", fields: { model: "no-such" }, status: 404, code: "model_not_found" },
    { what: "no messages", fields: { messages: [] }, status: 400, code: "invalid_request" },
    { what: "a negative bound", fields: { max_tokens: -1 }, status: 400, code: "invalid_request" },
  ];
  for (const { what, key, fields, status, code } of refused)
    test(`is refused in OpenAI's shape: ${what}`, async () => {
      const caller = await newCaller();
      const response = await chat(key ?? caller.key, "hi", { fields });
      assert.equal(response.status, status);
      assert.equal(((await response.json()) as { error: { code: string } }).error.code, code);
      assert.deepEqual(await stateOf(caller.accountId), costsNothing);
    });
});
