import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { redis } from "#platform/testing/shared-redis.ts";
import { PaymentLocks } from "./payment-locks.ts";

const unexpected = (error: unknown) => assert.fail(String(error));
const forEver = () => new Promise<never>(() => {});
const patientMs = 60_000;

describe("the lock of a payment", () => {
  test("lets one work at a time, of two processes", async () => {
    const bounds = { waitMs: patientMs, workMs: patientMs };
    const locks = [new PaymentLocks(redis, unexpected, bounds), new PaymentLocks(redis, unexpected, bounds)];
    let working = 0;
    const work = async () => {
      assert.equal(++working, 1);
      await redis.command("", ["PING"]);
      assert.equal(working--, 1);
    };
    await Promise.all(Array.from({ length: 40 }, (_, index) => locks[index % 2]!.run("pi_both", work)));
  });

  test("is free for the next when work never ends, and says that it took too long", async () => {
    const locks = new PaymentLocks(redis, unexpected, { waitMs: patientMs, workMs: 50 });
    const stuck = locks.run("pi_stuck", forEver);
    const next = locks.run("pi_stuck", async () => "done");
    await assert.rejects(stuck, { message: "work on the payment did not end within 0.05 s" });
    assert.equal(await next, "done");
  });

  test("is not waited for without end, here or in another process", async () => {
    const bounds = { waitMs: 50, workMs: patientMs };
    const [here, elsewhere] = [
      new PaymentLocks(redis, unexpected, bounds),
      new PaymentLocks(redis, unexpected, bounds),
    ];
    let end = () => {};
    let begin = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const holding = here.run("pi_held", () => {
      begin();
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await begun;
    for (const locks of [here, elsewhere, here])
      await assert.rejects(locks.run("pi_held", forEver), { reason: "OVERLOADED" });
    end();
    await holding;
    const patient = new PaymentLocks(redis, unexpected);
    assert.equal(await patient.run("pi_held", async () => "done"), "done");
  });
});
