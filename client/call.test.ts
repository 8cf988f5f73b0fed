import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { BillingCoreService } from "../gen/billing/core/v1/billing_core_service_pb.ts";
import { CommonError } from "../services/platform/errors/common-error.ts";
import { ServiceError } from "../services/platform/errors/service-error.ts";
import type { ServiceHandlers } from "../services/platform/rpc/handlers.ts";
import { waitUntil } from "../services/platform/testing/eventually.ts";
import { startFaultyProxy } from "../services/platform/testing/faulty-proxy.ts";
import { createHoldfast, HoldfastError, type NodeHoldfastOptions } from "./node.ts";
import { type ScriptedCore, startScriptedCore } from "./testing/scripted-core.ts";

let core: ScriptedCore;
before(async () => {
  core = await startScriptedCore();
});
after(() => core?.[Symbol.asyncDispose]());

const fast = { retry: { backoffBaseMs: 1, backoffMaxMs: 5 } } as const satisfies NodeHoldfastOptions;
const charge = {
  accountId: "acme",
  price: { case: "amount" as const, value: { money: { currencyCode: "USD", amount: "1" } } },
};

/** Handlers that fail with each error in turn, then answer. */
function failing(...errors: readonly Error[]): ServiceHandlers<typeof BillingCoreService> {
  const left = [...errors];
  const answer = () => {
    const error = left.shift();
    if (error) throw error;
    return {};
  };
  return { charge: answer, getBalance: answer, updateAccount: answer };
}

/** Answers whatever comes in the words of HTTP/1.1, and goes on talking. */
async function startOtherServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("data", () => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function errorOf(call: Promise<unknown>): Promise<HoldfastError> {
  const error = await call.then(
    () => assert.fail("the call was answered"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof HoldfastError, String(error));
  return error;
}

const unavailable = () => new CommonError("STORE_UNAVAILABLE", "no store");
const keysSeen = () => core.seen.map(({ request }) => request.idempotencyKey);

describe("a call", () => {
  test("that fails for a while is sent again with the same key", async () => {
    core.answer(failing(unavailable(), new CommonError("OVERLOADED", "-"), unavailable()));
    await core.client(fast).core.charge(charge);
    const keys = keysSeen();
    assert.equal(keys.length, 4);
    assert.match(keys[0] ?? "", /^[0-9a-f]{32}$/);
    assert.equal(new Set(keys).size, 1);
  });

  test("has a key of its own each time, unless the caller gives one", async () => {
    core.answer(failing());
    const { core: calls } = core.client(fast);
    await calls.charge(charge);
    await calls.charge(charge);
    await calls.charge({ ...charge, idempotencyKey: "mine" });
    const keys = keysSeen();
    assert.equal(new Set(keys).size, 3);
    assert.equal(keys[2], "mine");
    assert.ok(!("idempotencyKey" in charge), "the caller's object is left alone");
  });

  test("is sent at most as often as its bound says, and tells how often", async () => {
    core.answer(failing(...Array.from({ length: 9 }, unavailable)));
    const error = await errorOf(core.client(fast).core.charge(charge));
    assert.deepEqual([error.reason, error.retryable, error.attempts], ["STORE_UNAVAILABLE", true, 5]);
    assert.equal(core.seen.length, 5);
    assert.equal((error.request as { idempotencyKey?: string }).idempotencyKey, keysSeen()[0]);
  });

  const notRepeated: ReadonlyArray<[reason: string, error: () => Error]> = [
    ["INSUFFICIENT_FUNDS", () => new ServiceError("INSUFFICIENT_FUNDS", "7 needed")],
    ["ACCOUNT_FROZEN", () => new ServiceError("ACCOUNT_FROZEN", "frozen")],
    ["IDEMPOTENCY_KEY_REUSED", () => new CommonError("IDEMPOTENCY_KEY_REUSED", "-")],
  ];
  for (const [reason, error] of notRepeated) {
    test(`that is refused with ${reason} is not sent again`, async () => {
      core.answer(failing(error()));
      const refused = await errorOf(core.client(fast).core.charge(charge));
      assert.deepEqual([refused.reason, refused.retryable, core.seen.length], [reason, false, 1]);
    });
  }

  test("that has no key and changes something is sent once; one that reads, again", async () => {
    core.answer(failing(unavailable()));
    const client = core.client(fast);
    const error = await errorOf(client.core.updateAccount({ accountId: "acme", configVersion: 1n }));
    assert.deepEqual([error.reason, error.retryable, core.seen.length], ["STORE_UNAVAILABLE", false, 1]);
    core.answer(failing(unavailable()));
    await client.core.getBalance({ accountId: "acme" });
    assert.equal(core.seen.length, 2);
  });

  test("is sent once where the caller says so", async () => {
    core.answer(failing(unavailable()));
    const { attempts } = await errorOf(core.client(fast).core.charge(charge, { retry: false }));
    assert.equal(attempts, 1);
  });

  test("waits as long as the server asks, or gives up at once if its time does not last", async () => {
    const busy = new CommonError("RATE_LIMITED", "slowly", { retryAfterMs: 300 });
    core.answer(failing(busy));
    const client = core.client(fast);
    const startedMs = performance.now();
    await client.core.charge(charge);
    assert.ok(performance.now() - startedMs >= 300);
    core.answer(failing(new CommonError("RATE_LIMITED", "slowly", { retryAfterMs: 60_000 })));
    const error = await errorOf(client.core.charge(charge, { timeoutMs: 50_000 }));
    assert.deepEqual([error.reason, error.retryAfterMs, core.seen.length], ["RATE_LIMITED", 60_000, 1]);
  });

  test("whose answer does not come is sent again with the same key before its time is over", async () => {
    let isFirst = true;
    core.answer({
      charge: async (_, { signal }) => {
        if (!isFirst) return {};
        isFirst = false;
        return pause(60_000, {}, { signal });
      },
    });
    await core.client(fast).core.charge(charge, { attemptTimeoutMs: 2_000 });
    assert.ok(core.seen.length >= 2);
    assert.equal(new Set(keysSeen()).size, 1);
  });

  test("ends at its deadline and tells the server", async () => {
    core.answer({ charge: (_, { signal }) => pause(60_000, {}, { signal }) });
    const error = await errorOf(core.client(fast).core.charge(charge, { timeoutMs: 4_000 }));
    assert.deepEqual([error.reason, error.retryable], ["DEADLINE_PASSED", true]);
    assert.ok(error.attempts >= 1 && error.attempts <= 5, String(error.attempts));
    assert.ok(new Set(keysSeen()).size <= 1);
    for (const { call } of core.seen) assert.ok(call.deadlineMs - Date.now() < 4_000);
  });

  test("ends at once when the caller aborts it, also between attempts", async () => {
    core.answer(failing(new CommonError("OVERLOADED", "-", { retryAfterMs: 9_000 })));
    const aborting = new AbortController();
    const failed = errorOf(core.client(fast).core.charge(charge, { signal: aborting.signal }));
    await waitUntil("the first attempt came", () => core.seen.length > 0);
    aborting.abort();
    assert.equal((await failed).reason, "CALL_CANCELED");
    const early = await errorOf(core.client(fast).core.charge(charge, { signal: AbortSignal.abort() }));
    assert.deepEqual([early.reason, early.attempts, core.seen.length], ["CALL_CANCELED", 0, 1]);
  });

  test("to a server that is not there is UNREACHABLE; one that is silent passes the deadline", async () => {
    await using proxy = await startFaultyProxy({ port: Number(new URL(core.baseUrl).port) });
    const urls = { core: `http://127.0.0.1:${proxy.port}` };
    await proxy.refuseConnections();
    const refused = await errorOf(core.client({ ...fast, urls }).core.getBalance({ accountId: "acme" }));
    assert.deepEqual([refused.reason, refused.attempts], ["UNREACHABLE", 5]);
    await proxy.acceptConnections();
    proxy.setFault({ kind: "blackhole" });
    const silent = core.client({ ...fast, urls }).core.getBalance({ accountId: "acme" }, { timeoutMs: 400 });
    assert.ok(["DEADLINE_PASSED", "UNREACHABLE"].includes((await errorOf(silent)).reason));
  });
});

test("a server that speaks no HTTP/2 fails its calls, whenever its answer comes, and nothing else", async () => {
  await using other = await startOtherServer();
  const client = createHoldfast({ urls: { core: other.url }, token: "t", ...fast });
  const errors = await Promise.all(
    Array.from({ length: 20 }, () => errorOf(client.core.getBalance({ accountId: "acme" }))),
  );
  client.close();
  for (const { reason } of errors) assert.equal(reason, "UNREACHABLE");
});

describe("an error", () => {
  test("has reason, metadata, request id, method and advice", async () => {
    const metadata = { required: "7", spendable: "3" };
    core.answer(failing(new ServiceError("INSUFFICIENT_FUNDS", "7 needed", { metadata })));
    const error = await errorOf(core.client(fast).core.charge(charge));
    assert.deepEqual({ ...error.metadata }, metadata);
    assert.equal(error.requestId, core.seen[0]?.call.requestId);
    assert.equal(error.method, "billing.core.v1.BillingCoreService/Charge");
    assert.match(error.advice, /^Top up/);
    assert.equal(error.message, "INSUFFICIENT_FUNDS: 7 needed");
  });

  test("names the fields at fault", async () => {
    core.answer(failing());
    const error = await errorOf(core.client(fast).core.charge({ ...charge, accountId: "no spaces" }));
    assert.equal(error.reason, "REQUEST_INVALID");
    assert.deepEqual(
      error.fields.map(({ field }) => field),
      ["account_id"],
    );
  });

  test("of a method that the server does not have is not retried", async () => {
    core.answer({});
    const error = await errorOf(core.client(fast).core.charge(charge));
    assert.deepEqual([error.reason, core.seen.length], ["METHOD_UNAVAILABLE", 1]);
  });
});

describe("a stream", () => {
  test("gives its messages, and the server learns when the caller leaves it", async () => {
    const ended = Promise.withResolvers<void>();
    core.answer({
      async *watchBalance({ accountId }, { signal }) {
        signal.addEventListener("abort", () => ended.resolve());
        for (let sequence = 1n; ; sequence++) {
          yield { event: { case: "snapshot" as const, value: { accountId, sequence } } };
          await pause(1);
        }
      },
    });
    const sequences: bigint[] = [];
    for await (const { event } of core.client(fast).core.watchBalance({ accountId: "acme" })) {
      if (event.case === "snapshot") sequences.push(event.value.sequence);
      if (sequences.length === 3) break;
    }
    assert.deepEqual(sequences, [1n, 2n, 3n]);
    await ended.promise;
  });

  test("ends with a HoldfastError when it breaks, and with CALL_CANCELED when aborted", async () => {
    core.answer({
      async *watchBalance({ accountId }, { signal }) {
        yield { event: { case: "snapshot" as const, value: { accountId } } };
        if (accountId === "broken") throw unavailable();
        await pause(60_000, undefined, { signal });
      },
    });
    const aborting = new AbortController();
    const read = async (accountId: string) => {
      for await (const _ of core.client(fast).core.watchBalance({ accountId }, { signal: aborting.signal }))
        if (accountId === "aborted") aborting.abort();
    };
    assert.equal((await errorOf(read("broken"))).reason, "STORE_UNAVAILABLE");
    assert.equal((await errorOf(read("aborted"))).reason, "CALL_CANCELED");
  });
});

describe("a batch of charges", () => {
  const batch = { charges: ["a", "b", "c"].map((accountId) => ({ ...charge, accountId })) };
  const unknown = { case: "outcomeUnknown" as const, value: { reason: "STORE_UNAVAILABLE", message: "-" } };
  const refused = { case: "error" as const, value: { reason: "ACCOUNT_FROZEN", message: "-" } };
  const charged = { case: "charged" as const, value: { idempotentReplay: true } };

  test("sends only the lines of unknown outcome again, with their keys, and joins the results", async () => {
    const rounds = [[charged, unknown, refused], [charged]];
    core.answer({ chargeBatch: () => ({ results: rounds.shift()!.map((result) => ({ result })) }) });
    const { results } = await core.client(fast).core.chargeBatch(batch);
    assert.deepEqual(
      results.map(({ result }) => result.case),
      ["charged", "charged", "error"],
    );
    const [first, second] = core.seen.map(({ request }) => request.charges as Array<Record<string, unknown>>);
    assert.deepEqual([first?.length, second?.length], [3, 1]);
    assert.equal(second?.[0]?.idempotencyKey, first?.[1]?.idempotencyKey);
    assert.equal(new Set(first?.map(({ idempotencyKey }) => idempotencyKey)).size, 3);
  });

  test("gives up lines that stay unknown within its bounds, and names their keys", async () => {
    core.answer({ chargeBatch: ({ charges }) => ({ results: charges.map(() => ({ result: unknown })) }) });
    const { results } = await core.client(fast).core.chargeBatch(batch);
    assert.equal(core.seen.length, 5);
    const sent = core.seen[0]?.request.charges as Array<{ idempotencyKey: string }>;
    assert.deepEqual(
      results.map(({ result }) => result.case === "outcomeUnknown" && result.value.metadata.idempotency_key),
      sent.map(({ idempotencyKey }) => idempotencyKey),
    );
  });

  test("keeps what is known when sending the rest again fails", async () => {
    let round = 0;
    core.answer({
      chargeBatch: () => {
        if (++round > 1) throw new CommonError("SCOPE_MISSING", "-");
        return { results: [charged, unknown, refused].map((result) => ({ result })) };
      },
    });
    const { results } = await core.client(fast).core.chargeBatch(batch);
    assert.deepEqual(
      results.map(({ result }) => result.case),
      ["charged", "outcomeUnknown", "error"],
    );
  });
});
