import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { BillingCoreService } from "../gen/billing/core/v1/billing_core_service_pb.ts";
import type { ReservationSchema } from "../gen/billing/core/v1/reservation_pb.ts";
import { CommonError } from "../services/platform/errors/common-error.ts";
import { ServiceError } from "../services/platform/errors/service-error.ts";
import type { ServiceHandlers } from "../services/platform/rpc/handlers.ts";
import { waitUntil } from "../services/platform/testing/eventually.ts";
import { type Hold, HoldfastError, SettlementError } from "./node.ts";
import { type ScriptedCore, startScriptedCore } from "./testing/scripted-core.ts";

let core: ScriptedCore;
before(async () => {
  core = await startScriptedCore();
});
after(() => core?.[Symbol.asyncDispose]());

const patientMs = 60_000;
const retry = { backoffBaseMs: 1, backoffMaxMs: 5 } as const;
const usd = (amount: string) => ({ amount: { currencyCode: "USD", amount } });
const methodsSeen = () => core.seen.map(({ method }) => method);

function holdOf(ttlMs: number): MessageInitShape<typeof ReservationSchema> {
  const nowMs = Date.now();
  return {
    reservationId: "hold-1",
    createdAt: timestampFromMs(nowMs),
    expiresAt: timestampFromMs(nowMs + ttlMs),
  };
}

function answer(more: ServiceHandlers<typeof BillingCoreService> = {}): void {
  core.answer({
    reserve: ({ holdTtl }) => ({ reservation: holdOf(holdTtl ? durationMs(holdTtl) : 600_000) }),
    commit: () => ({}),
    release: () => ({}),
    ...more,
  });
}

describe("work under a hold", () => {
  test("is settled by what it cost, and its result comes back", async () => {
    answer();
    const { result } = await core.client().core.withReservation("acme", usd("5"), async (hold) => {
      assert.equal(hold.reservationId, "hold-1");
      return { ...usd("3"), result: "done" };
    });
    assert.equal(result, "done");
    assert.deepEqual(methodsSeen(), ["reserve", "commit"]);
    assert.equal(core.seen[1]?.request.acceptExpired, true);
  });

  test("that throws, or does not say what it cost, is released and its error comes back", async () => {
    for (const work of [
      () => Promise.reject(new Error("broken")),
      () => {
        throw new Error("broken");
      },
      () => ({}) as never,
    ]) {
      answer();
      await assert.rejects(core.client().core.withReservation("acme", usd("5"), work), /broken|a cost has/);
      assert.deepEqual(methodsSeen(), ["reserve", "release"]);
    }
  });

  test("is not begun when the hold is refused", async () => {
    answer({
      reserve: () => {
        throw new ServiceError("INSUFFICIENT_FUNDS", "-");
      },
    });
    let begun = false;
    await assert.rejects(
      core.client().core.withReservation("acme", usd("5"), () => {
        begun = true;
        return usd("1");
      }),
      { reason: "INSUFFICIENT_FUNDS" },
    );
    assert.deepEqual([begun, methodsSeen()], [false, ["reserve"]]);
  });

  test("that was aborted may end with what it cost so far", async () => {
    answer();
    const aborting = new AbortController();
    await core.client().core.withReservation(
      "acme",
      usd("5"),
      async ({ signal }) => {
        aborting.abort();
        assert.ok(signal.aborted);
        return usd("2");
      },
      { signal: aborting.signal },
    );
    assert.deepEqual(methodsSeen(), ["reserve", "commit"]);
  });

  test("that ignores the abort is given up and released after its grace", async () => {
    answer();
    const aborting = new AbortController();
    const ignoring = () => {
      aborting.abort();
      return new Promise<never>(() => {});
    };
    const call = core.client().core.withReservation("acme", usd("5"), ignoring, {
      signal: aborting.signal,
      abortGraceMs: 20,
    });
    await assert.rejects(call, { reason: "CALL_CANCELED" });
    assert.deepEqual(methodsSeen(), ["reserve", "release"]);
  });

  test("is not begun, and the hold released, if the abort comes while it is reserved", async () => {
    const aborting = new AbortController();
    answer({
      reserve: () => {
        aborting.abort();
        return { reservation: holdOf(60_000) };
      },
    });
    const call = core.client().core.withReservation("acme", usd("5"), () => assert.fail("begun"), {
      signal: aborting.signal,
    });
    await assert.rejects(call, { reason: "CALL_CANCELED" });
    assert.deepEqual(methodsSeen(), ["reserve", "release"]);
  });

  test("that is done and can't be settled keeps its result and what is needed to settle later", async () => {
    let down = true;
    answer({
      commit: () => {
        if (down) throw new CommonError("STORE_UNAVAILABLE", "-");
        return { idempotentReplay: true };
      },
    });
    const client = core.client({ retry });
    const error = await client.core
      .withReservation("acme", usd("5"), () => ({ ...usd("3"), result: 42 }))
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof SettlementError && error instanceof HoldfastError);
    assert.deepEqual([error.reason, error.result, error.reservationId], ["STORE_UNAVAILABLE", 42, "hold-1"]);
    assert.ok(!methodsSeen().includes("release"));
    down = false;
    await client.core.commit(error.commitRequest);
    const keys = core.seen
      .filter(({ method }) => method === "commit")
      .map(({ request }) => request.idempotencyKey);
    assert.deepEqual([keys.length, new Set(keys).size], [6, 1]);
  });

  test("whose hold can't be released fails with its own error, and the other is told", async () => {
    answer({
      release: () => {
        throw new ServiceError("RESERVATION_EXPIRED", "-");
      },
    });
    const told: string[] = [];
    const call = core
      .client()
      .core.withReservation("acme", usd("5"), () => Promise.reject(new Error("mine")), {
        onReleaseError: ({ reason }) => told.push(reason),
      });
    await assert.rejects(call, /mine/);
    assert.deepEqual(told, ["RESERVATION_EXPIRED"]);
  });
});

describe("a hold whose work takes long", () => {
  const extensions = () => core.seen.filter(({ method }) => method === "extendReservation");

  test("is extended again and again, each time under another key, and not after the work", async () => {
    answer({ extendReservation: () => ({ reservation: holdOf(3_000) }) });
    await core.client().core.withReservation(
      "acme",
      usd("5"),
      async (hold) => {
        const before = hold.expiresAt.getTime();
        await waitUntil("it was extended twice", () => extensions().length >= 2, patientMs);
        assert.ok(hold.expiresAt.getTime() > before);
        return usd("1");
      },
      { holdTtlMs: 3_000 },
    );
    const count = extensions().length;
    assert.equal(new Set(extensions().map(({ request }) => request.idempotencyKey)).size, count);
    assert.equal(durationMs(extensions()[0]?.request.holdTtl as never), 3_000);
    // Time itself is what is tested: an extension would come after half of the hold's.
    await pause(2_000);
    assert.equal(extensions().length, count);
  });

  test("is left as it is by a server that does not extend", async () => {
    answer();
    await core.client().core.withReservation(
      "acme",
      usd("5"),
      async () => {
        await waitUntil("it was asked", () => extensions().length === 1, patientMs);
        // Time itself is what is tested: it would ask again after half of what is left, and so on.
        await pause(1_000);
        return usd("1");
      },
      { holdTtlMs: 3_000 },
    );
    assert.deepEqual(methodsSeen(), ["reserve", "extendReservation", "commit"]);
  });

  /** Work under a hold whose first two extensions fail; gives how long after the hold was asked for each came. */
  async function workWhileStoreIsAway(holdTtlMs: number): Promise<number[]> {
    const startedMs = performance.now();
    const askedMs: number[] = [];
    const isOver = () => askedMs.length === 2 && askedMs[1]! > 0.85 * holdTtlMs;
    answer({
      extendReservation: () => {
        askedMs.push(performance.now() - startedMs);
        if (askedMs.length <= 2) throw new CommonError("STORE_UNAVAILABLE", "-");
        return { reservation: holdOf(600_000) };
      },
    });
    const isExtended = ({ expiresAt }: Hold) => expiresAt.getTime() - Date.now() > 300_000;
    await core.client({ retry: false }).core.withReservation(
      "acme",
      usd("5"),
      async (hold) => {
        await waitUntil("it was extended", () => isExtended(hold) || isOver(), patientMs);
        return usd("1");
      },
      { holdTtlMs },
    );
    return askedMs;
  }

  test("is extended after all when the store was away for a while", async () => {
    // On a machine that is too slow for that, the hold is over at the second time: again with twice as long a one.
    for (let holdTtlMs = 6_000; ; holdTtlMs *= 2) {
      const askedMs = await workWhileStoreIsAway(holdTtlMs);
      if (askedMs.length > 2) break;
      assert.ok(holdTtlMs < patientMs, `asked after ${askedMs} ms`);
    }
  });
});
