import assert from "node:assert/strict";
import { once } from "node:events";
import { beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../testing/eventually.ts";
import { startRedis } from "../testing/redis-server.ts";
import { startRestartable } from "../testing/restartable-process.ts";
import { redis, server } from "../testing/shared-redis.ts";
import { connectTestRedis } from "../testing/test-redis.ts";
import { spawnTethered } from "../testing/tethered-process.ts";
import { DeliveryFailure } from "./delivery-failure.ts";
import { type Delivery, type DurableQueue, openQueue } from "./durable-queue.ts";
import { type QueueWorker, startWorker, type WorkerOptions } from "./queue-worker.ts";

const patientMs = 60_000;

let number = 0;
let prefix = "";
let queue: DurableQueue;
beforeEach(() => {
  prefix = `{worker:${number++}}:jobs`;
  queue = openQueue({ redis, prefix, maxAttempts: 4 });
});

/** Runs a worker while the test does something. */
async function withWorker(options: Partial<WorkerOptions>, during: (worker: QueueWorker) => Promise<void>) {
  const worker = startWorker({
    queue,
    handle: async () => {},
    pollMs: 20,
    backoff: { firstMs: 5, maxMs: 20 },
    ...options,
  });
  try {
    await during(worker);
  } finally {
    await worker.stop(patientMs);
  }
}

const isEmpty = async () => {
  const { due, delayed, leased } = await queue.stats();
  return due + delayed + leased === 0;
};

test("messages are handled and gone, also those put later, and those of another process", async () => {
  const handled: string[] = [];
  const handle = async ({ id }: Delivery) => void handled.push(id);
  await queue.enqueue({ id: "early", payload: "" });
  await withWorker({ handle }, async () => {
    await queue.enqueue({ id: "late", payload: "" });
    await openQueue({ redis, prefix }).enqueue({ id: "elsewhere", payload: "" });
    await waitUntil("all are handled", isEmpty, patientMs);
  });
  assert.deepEqual(handled.toSorted(), ["early", "elsewhere", "late"]);
});

test("a message put in this process is handled at once, not at the next look", async () => {
  let handled = 0;
  let looks = 0;
  const watched: DurableQueue = {
    ...queue,
    claim: async (...claim) => {
      const found = await queue.claim(...claim);
      looks++;
      return found;
    },
  };
  const handle = async () => void handled++;
  await withWorker({ queue: watched, pollMs: 3_600_000, handle }, async () => {
    await waitUntil("the worker found nothing and idles", () => looks === 1, patientMs);
    await queue.enqueue({ payload: "" });
    await waitUntil("it is handled", () => handled === 1, patientMs);
  });
});

test("no more than the allowed number are handled at a time, and that number is used", async () => {
  let current = 0;
  let most = 0;
  const handle = async () => {
    most = Math.max(most, ++current);
    await waitUntil("the number is used", () => most >= 3, patientMs);
    current--;
  };
  await Promise.all(Array.from({ length: 30 }, () => queue.enqueue({ payload: "" })));
  await withWorker({ handle, concurrency: 3 }, () => waitUntil("all are handled", isEmpty, patientMs));
  assert.equal(most, 3);
});

describe("failures", () => {
  test("a handler that throws gets the message again with the next attempt, up to the bound", async () => {
    const attempts: number[] = [];
    const handle = async ({ attempt }: Delivery) => {
      attempts.push(attempt);
      throw new Error(`fault ${attempt}`);
    };
    await queue.enqueue({ payload: "" });
    await withWorker({ handle }, () => waitUntil("it is given up", isEmpty, patientMs));
    assert.deepEqual(attempts, [1, 2, 3, 4]);
    assert.equal((await queue.listDeadLetters(1))[0]?.reason, "fault 4");
  });

  test("a handler that throws at once, without a promise, fails an attempt like any other", async () => {
    const handle = ({ attempt }: Delivery) => {
      if (attempt === 1) throw new Error("at once");
      return Promise.resolve();
    };
    await queue.enqueue({ payload: "" });
    await withWorker({ handle }, () => waitUntil("it is handled", isEmpty, patientMs));
    assert.equal((await queue.stats()).dead, 0);
  });

  test("a permanent failure makes a dead letter at once", async () => {
    const handle = async () => {
      throw new DeliveryFailure("gone for good", { isPermanent: true });
    };
    await queue.enqueue({ payload: "" });
    await withWorker({ handle }, () => waitUntil("it is given up", isEmpty, patientMs));
    const [letter] = await queue.listDeadLetters(1);
    assert.deepEqual([letter?.attempts, letter?.reason], [1, "gone for good"]);
  });

  test("a failure that says when to come again is not tried before", async () => {
    const handle = async () => {
      throw new DeliveryFailure("busy", { retryAfterMs: 3_600_000 });
    };
    await queue.enqueue({ payload: "" });
    await withWorker({ handle }, () =>
      waitUntil("it waits", async () => (await queue.stats()).delayed === 1, patientMs),
    );
    assert.ok((await queue.claim(1, 1_000)).nextDueMs! > 3_000_000);
  });

  test("a failure that says when to come again comes then, also if the worker would wait for longer", async () => {
    let handled = 0;
    const handle = async () => {
      if (handled++ === 0) throw new DeliveryFailure("at once", { retryAfterMs: 0 });
    };
    await queue.enqueue({ payload: "" });
    await withWorker({ handle, backoff: { firstMs: 3_600_000, maxMs: 3_600_000 } }, () =>
      waitUntil("it is handled", isEmpty, patientMs),
    );
    assert.equal(handled, 2);
  });

  test("a handler that never ends is aborted before its lease ends, which is told, and the message comes again", async () => {
    const told: string[] = [];
    const onError = (error: unknown) => void told.push(String(error));
    const reasons: boolean[] = [];
    const handle = async (_: Delivery, signal: AbortSignal) => {
      if (reasons.length > 0) return;
      signal.addEventListener("abort", () => reasons.push(signal.aborted));
      await new Promise(() => {});
    };
    const { id } = await queue.enqueue({ payload: "" });
    await withWorker({ handle, leaseMs: 300, onError }, async () => {
      await waitUntil("it is handled", isEmpty, patientMs);
      assert.deepEqual(reasons, [true]);
      assert.ok(told.includes(`Error: message ${id} was not handled in time`), told.join());
    });
  });
});

describe("stopping", () => {
  test("waits for handlers within the grace", async () => {
    const work = Promise.withResolvers<void>();
    let isStopped = false;
    const isLeased = async () => (await queue.stats()).leased === 1;
    await queue.enqueue({ payload: "" });
    await withWorker({ handle: () => work.promise }, async (worker) => {
      await waitUntil("it is under way", isLeased, patientMs);
      const stopping = worker.stop(patientMs).then(() => {
        isStopped = true;
      });
      assert.ok(await isLeased());
      assert.equal(isStopped, false);
      work.resolve();
      await stopping;
      assert.ok(await isEmpty());
    });
  });

  test("gives back what does not finish, without an attempt, and takes nothing more", async () => {
    await queue.enqueue({ id: "m1", payload: "" });
    await withWorker({ handle: () => new Promise(() => {}), concurrency: 1 }, async (worker) => {
      await waitUntil("it is under way", async () => (await queue.stats()).leased === 1, patientMs);
      await worker.stop(10);
      await worker.stop(10);
      await queue.enqueue({ id: "m2", payload: "" });
    });
    const { deliveries } = await queue.claim(10, 60_000);
    assert.deepEqual(
      deliveries.map(({ id, attempt }) => [id, attempt]),
      [
        ["m1", 1],
        ["m2", 1],
      ],
    );
  });
});

test("workers go on after the server was killed and came back, and every message is handled", async () => {
  await using own = await startRedis();
  const connection = await connectTestRedis(own.url);
  const durable = openQueue({ redis: connection, prefix });
  const ids = Array.from({ length: 200 }, (_, index) => `m${index}`);
  await Promise.all(ids.map((id) => durable.enqueue({ id, payload: "" })));
  const handled = new Set<string>();
  const errors: unknown[] = [];
  const killed = Promise.withResolvers<void>();
  // The rest is under way or waits when the server dies.
  const handle = async ({ id }: Delivery) => {
    if (handled.size > 20) await killed.promise;
    handled.add(id);
  };
  const noneIsLeft = async () => {
    const stats = await durable.stats().catch(() => undefined);
    return stats !== undefined && stats.due + stats.delayed + stats.leased === 0;
  };
  const onError = (error: unknown) => void errors.push(error);
  try {
    await withWorker({ queue: durable, handle, leaseMs: 2_000, onError }, async () => {
      await waitUntil("some are handled", () => handled.size > 20, patientMs);
      await own.kill();
      killed.resolve();
      await waitUntil("the worker noticed", () => errors.length > 0, patientMs);
      assert.ok(handled.size < ids.length);
      await own.restart();
      await waitUntil("none is left", noneIsLeft, patientMs);
    });
  } finally {
    await connection.close();
  }
  assert.deepEqual([...handled].toSorted(), ids.toSorted());
});

test("worker processes that are killed at any moment lose no message", async () => {
  const ids = Array.from({ length: 600 }, (_, index) => `m${String(index).padStart(4, "0")}`);
  await Promise.all(ids.map((id) => queue.enqueue({ id, payload: `payload of ${id}` })));
  const program = new URL("./testing/recording-worker.ts", import.meta.url).pathname;
  const start = () => spawnTethered(process.execPath, [program, server.url, prefix]);
  const workers = [startRestartable(start), startRestartable(start)];
  const list = (name: string) => redis.command<string[]>(name, ["LRANGE", name, "0", "-1"]);
  const isUnderWay = async () => (await queue.stats()).leased > 0;
  try {
    for (let kill = 0; kill < 6; kill++) {
      const worker = workers[kill % 2]!;
      await once(worker.current.stdout, "data");
      await waitUntil(
        "messages are under way",
        async () => (await isUnderWay()) || (await isEmpty()),
        patientMs,
      );
      // Time itself is what is drawn: the kill comes at any moment of the work.
      await sleep(Math.random() * 60);
      await worker.restart();
    }
    await waitUntil("all are handled", isEmpty, patientMs);
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
  }
  const done = await list("done");
  assert.deepEqual(
    [...new Set(done)].toSorted(),
    ids.map((id) => `${id}=payload of ${id}`),
  );
  assert.ok((await list("begun")).length >= done.length);
  assert.equal((await queue.stats()).dead, 0);
});
