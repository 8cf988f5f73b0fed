import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { TransactionType } from "../../client/messages/core.ts";
import { createHoldfast, type Holdfast, signedTokens } from "../../client/node.ts";
import { startTestStack, type TestStack } from "../../e2e/testing/test-stack.ts";
import { createGateway } from "./gateway.ts";
import { startGatewayProcess } from "./testing/gateway-process.ts";
import { createModelServer } from "./testing/model-server.ts";
import { UnsettledCommits } from "./unsettled-commits.ts";

/** 1,000 plain and 187 cached input tokens and 342 of output, at 2.5, 1.25 and 10 USD per million. */
const reportedCost = "0.00615375";
const waitMs = 60_000;
const longestCallMs = 120_000;

const accountsByKey = new Map<string, string>();
const modelServer = createModelServer();
let stack: TestStack;
let holdfast: Holdfast;
let folder: string;
let unsettled: UnsettledCommits;
let gateway: ReturnType<typeof createGateway>;
let gatewayUrl: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-gateway-"));
  stack = await startTestStack();
  holdfast = createHoldfast({
    urls: { core: stack.url("core"), pricing: stack.url("pricing") },
    token: signedTokens({ secret: stack.environment.JWT_SECRET ?? "" }),
  });
  unsettled = new UnsettledCommits(join(folder, "unsettled.jsonl"));
  await once(modelServer.listen(0, "127.0.0.1"), "listening");
  const provider = { url: providerUrl(), apiKey: "", longestCallMs };
  gateway = createGateway({ holdfast, provider, accountsByKey, pricePrefix: "openai/", unsettled });
  await once(gateway.listen(0, "127.0.0.1"), "listening");
  gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/v1`;
});
after(async () => {
  for (const server of [gateway, modelServer]) {
    server?.close();
    server?.closeAllConnections();
  }
  holdfast?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

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

const providerUrl = () => `http://127.0.0.1:${(modelServer.address() as AddressInfo).port}/v1`;

/** A caller with an account of its own. */
async function newCaller(credited = "5"): Promise<{ key: string; accountId: string }> {
  const accountId = `gateway-${randomUUID()}`;
  const amount = { currencyCode: "USD", amount: credited };
  await holdfast.core.createAccount({ accountId, currencyCode: "USD" });
  await holdfast.core.credit({ accountId, amount, source: "admin" });
  const key = `sk-${accountId}`;
  accountsByKey.set(key, accountId);
  return { key, accountId };
}

interface ChatOptions {
  readonly fields?: object;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly url?: string;
}

function chat(key: string, content: string, { fields, headers, signal, url }: ChatOptions = {}) {
  return fetch(`${url ?? gatewayUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content }], ...fields }),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function stateOf(accountId: string) {
  const { balance } = await holdfast.core.getBalance({ accountId });
  return { spent: balance?.spent?.amount, reserved: balance?.reserved?.amount };
}

const costsNothing = { spent: "0", reserved: "0" };

/** The text that a stream has brought so far, until it matches. */
async function readUntil(response: Response, wanted: RegExp): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  while (!wanted.test(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return text;
}

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
    const caller = await newCaller();
    await loseCall(caller, 2_000);
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
