import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { type FaultyProxy, type ProxyFault, startFaultyProxy } from "#platform/testing/faulty-proxy.ts";
import {
  createHoldfast,
  type Holdfast,
  type NodeHoldfastOptions,
  SettlementError,
  signedTokens,
} from "../../client/node.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";

let stack: TestStack;
let direct: Holdfast;
const clients: Holdfast[] = [];
before(async () => {
  stack = await startTestStack();
  direct = clientAt(stack.ports.core);
});
after(async () => {
  for (const client of clients) client.close();
  await stack?.stop();
});

const funded = 1_000n;
const usd = (amount: string) => ({ currencyCode: "USD", amount });
const price = (amount: string) => ({ case: "amount" as const, value: { money: usd(amount) } });

/** Many short attempts, since nearly every one is spoiled. */
const stubborn = {
  timeoutMs: 60_000,
  attemptTimeoutMs: 2_000,
  retry: { maxAttempts: 1_000, backoffBaseMs: 1, backoffMaxMs: 50 },
} as const satisfies NodeHoldfastOptions;
/** Where every lost reply shows at once by its connection, so that no slow machine adds an attempt. */
const patient = { ...stubborn, attemptTimeoutMs: 60_000 } as const satisfies NodeHoldfastOptions;

function clientAt(port: number, options: NodeHoldfastOptions = stubborn): Holdfast {
  const client = createHoldfast({
    urls: { core: `http://127.0.0.1:${port}` },
    token: signedTokens({ secret: stack.environment.JWT_SECRET ?? "" }),
    ...options,
  });
  clients.push(client);
  return client;
}

/** A client whose way to Core leads through a proxy. */
async function throughProxy(
  options?: NodeHoldfastOptions,
): Promise<AsyncDisposable & { client: Holdfast; proxy: FaultyProxy }> {
  const proxy = await startFaultyProxy({ port: stack.ports.core });
  const client = clientAt(proxy.port, options);
  const dispose = async () => {
    client.close();
    await proxy.stop();
  };
  return { client, proxy, [Symbol.asyncDispose]: dispose };
}

async function newAccount(): Promise<string> {
  const accountId = `lost-${randomUUID()}`;
  await direct.core.createAccount({ accountId, currencyCode: "USD" });
  await direct.core.credit({ accountId, amount: usd(String(funded)), source: "admin" });
  return accountId;
}

/** What was spent and is held, and how many entries the journal has. */
async function stateOf(accountId: string) {
  const { balance } = await direct.core.getBalance({ accountId });
  return { spent: balance?.spent?.amount, reserved: balance?.reserved?.amount, entries: balance?.sequence };
}

describe("through a way that loses replies, every effect happens once", () => {
  test("whether the connection breaks before the request, or at any byte of the reply", async () => {
    const accountId = await newAccount();
    const before = await stateOf(accountId);
    await using way = await throughProxy(patient);
    const { client, proxy } = way;
    // The server's settings come first, then headers and message, about 700 bytes; beyond, the reply is whole.
    const cuts: ProxyFault[] = Array.from({ length: 80 }, (_, step) => ({
      kind: "cutReply",
      afterBytes: step * 10,
    }));
    const faults: ProxyFault[] = [{ kind: "cutOnConnect" }, { kind: "cutBeforeRequest" }, ...cuts];
    const replayed: boolean[] = [];
    for (const fault of faults) {
      proxy.cutConnections();
      proxy.script(fault);
      const { idempotentReplay } = await client.core.charge({ accountId, price: price("1") });
      replayed.push(idempotentReplay);
    }
    assert.ok(replayed.filter(Boolean).length >= 10, "many replies were lost after the effect");
    assert.equal(replayed.at(-1), false, "the last cut lies behind the reply");
    const charges = BigInt(faults.length);
    assert.deepEqual(await stateOf(accountId), {
      spent: String(charges),
      reserved: "0",
      entries: (before.entries ?? 0n) + charges,
    });
  });

  test("with many calls under way on connections that break at random", async () => {
    const accountId = await newAccount();
    const before = await stateOf(accountId);
    await using way = await throughProxy();
    const { client, proxy } = way;
    // It ends, so that the calls get through also on a machine where one takes longer than the way is whole.
    const breakAtRandom = async () => {
      for (let round = 0; round < 150; round++) {
        const faults: ProxyFault[] = [
          { kind: "none" },
          { kind: "cutBeforeRequest" },
          { kind: "cutReply", afterBytes: Math.floor(Math.random() * 900) },
          { kind: "swallowReply" },
          { kind: "splitBytes" },
        ];
        proxy.setFault(faults[Math.floor(Math.random() * faults.length)]!);
        // Time itself is what is drawn: the connections break at any moment.
        await pause(Math.random() * 40);
        if (Math.random() < 0.5) proxy.cutConnections();
      }
      proxy.setFault({ kind: "none" });
      proxy.cutConnections();
    };
    const breaker = breakAtRandom();
    const caller = async () => {
      const sequences: bigint[] = [];
      for (let count = 0; count < 15; count++) {
        const { transaction } = await client.core.charge({ accountId, price: price("1") });
        sequences.push(transaction?.sequence ?? 0n);
      }
      return sequences;
    };
    const [perCaller] = await Promise.all([Promise.all(Array.from({ length: 8 }, caller)), breaker]);
    const sequences = perCaller.flat();
    assert.equal(new Set(sequences).size, 120, "each call has an entry of its own");
    assert.deepEqual(await stateOf(accountId), {
      spent: "120",
      reserved: "0",
      entries: (before.entries ?? 0n) + 120n,
    });
  });

  test("when Core is killed between the calls and in their midst", async () => {
    const accountId = await newAccount();
    const before = await stateOf(accountId);
    const client = clientAt(stack.ports.core, {
      ...stubborn,
      // A start of Core may take a minute.
      timeoutMs: 180_000,
      retry: { maxAttempts: 2_000, backoffMaxMs: 500 },
    });
    let charged = 0;
    const charging = (async () => {
      for (; charged < 60; charged++) await client.core.charge({ accountId, price: price("1") });
    })();
    await waitUntil("some are charged", () => charged >= 10);
    await stack.kill("core");
    await stack.restart("core");
    await charging;
    assert.deepEqual(await stateOf(accountId), {
      spent: "60",
      reserved: "0",
      entries: (before.entries ?? 0n) + 60n,
    });
  });
});

describe("work under a hold, against the real system", () => {
  test("settles once and leaves nothing held when replies of Reserve, Commit and Release are lost", async () => {
    const accountId = await newAccount();
    await using way = await throughProxy();
    const { client, proxy } = way;
    const breakNext = (afterBytes: number) => {
      proxy.cutConnections();
      proxy.script({ kind: "cutReply", afterBytes });
    };
    const cuts = Array.from({ length: 15 }, (_, step) => step * 50);
    for (const afterBytes of cuts) {
      breakNext(afterBytes);
      const { commit } = await client.core.withReservation(accountId, { amount: usd("20") }, async () => {
        breakNext(afterBytes);
        return { amount: usd("3") };
      });
      assert.equal(commit.transaction?.amount?.amount, "-3");
      breakNext(afterBytes);
      const broken = client.core.withReservation(accountId, { amount: usd("20") }, async () => {
        breakNext(afterBytes);
        throw new Error("broken");
      });
      await assert.rejects(broken, /broken/);
    }
    const { spent, reserved } = await stateOf(accountId);
    assert.deepEqual([spent, reserved], [String(3 * cuts.length), "0"]);
  });

  test("goes on in another process where the commit's reply never came: it is settled once", async () => {
    const accountId = await newAccount();
    // Few attempts, each with the time that a call takes on a slow machine.
    const few = { ...stubborn, attemptTimeoutMs: 5_000, retry: { ...stubborn.retry, maxAttempts: 3 } };
    await using way = await throughProxy(few);
    const { client, proxy } = way;
    const error = await client.core
      .withReservation(accountId, { amount: usd("20") }, async () => {
        proxy.setFault({ kind: "swallowReply" });
        return { amount: usd("7"), result: "the answer" };
      })
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof SettlementError, String(error));
    assert.equal(error.result, "the answer");
    assert.equal(error.retryable, true);
    await eventually(async () => assert.equal((await stateOf(accountId)).spent, "7"));
    const later = await direct.core.commit(error.commitRequest);
    assert.equal(later.idempotentReplay, true);
    const { spent, reserved } = await stateOf(accountId);
    assert.deepEqual([spent, reserved], ["7", "0"]);
  });

  test("is priced by usage, and too little money is an error that says how much there is", async () => {
    const accountId = await newAccount();
    const usage = (tokens: string) => ({
      usage: { priceId: "openai/gpt-4o", quantities: { input_tokens: tokens } },
    });
    const { commit } = await direct.core.withReservation(accountId, usage("2000000"), () => usage("1000000"));
    assert.equal(commit.transaction?.amount?.amount, "-2.5");
    await assert.rejects(
      direct.core.withReservation(accountId, { amount: usd("5000") }, () => assert.fail("begun")),
      { reason: "INSUFFICIENT_FUNDS", retryable: false },
    );
    assert.equal((await stateOf(accountId)).reserved, "0");
  });
});
