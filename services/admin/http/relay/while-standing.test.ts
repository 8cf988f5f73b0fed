import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { anonymousCaller } from "#platform/access/caller.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { Call } from "#platform/rpc/call.ts";
import { delegatedRoutesOf, type StreamHandler } from "#platform/rpc/handlers.ts";
import { AdminError } from "../../domain/admin-error.ts";
import { whileStanding } from "./while-standing.ts";

/** A stream that gives one message and then nothing until its signal aborts. */
async function* patient(_request: unknown, { signal }: Call): AsyncGenerator<object> {
  yield {};
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}

const { watchBalance } = BillingCoreService.method;
const long = { checkMs: 5, wholeMs: 60_000 };

/** The stream of a caller whose rights are looked at by `check`. */
async function run(check: () => Promise<void>, times: { checkMs: number; wholeMs: number }): Promise<number> {
  const routes = delegatedRoutesOf(BillingCoreService, { watchBalance: patient as never });
  const handler = whileStanding(routes, check, times).handlers[watchBalance.localName];
  const call = { caller: anonymousCaller, signal: new AbortController().signal } as Call;
  let messages = 0;
  for await (const _ of (handler as StreamHandler<typeof watchBalance>)({} as never, call)) messages += 1;
  return messages;
}

describe("a stream through the relay", () => {
  test("ends with the reason for which its caller's rights ended", async () => {
    const revoked = new AdminError("ADMIN_KEY_REVOKED", "gone");
    await assert.rejects(
      run(() => Promise.reject(revoked), long),
      revoked,
    );
  });

  test("goes on while the store does not answer, until the rights are known to be over", async () => {
    let asked = 0;
    const check = async () => {
      asked += 1;
      if (asked < 4) throw new CommonError("STORE_UNAVAILABLE", "no answer");
      throw new CommonError("TOKEN_REVOKED", "gone");
    };
    await assert.rejects(run(check, long), { reason: "TOKEN_REVOKED" });
    assert.equal(asked, 4);
  });

  test("does not pass for complete when it has lasted its time", async () => {
    await assert.rejects(
      run(async () => {}, { checkMs: 60_000, wholeMs: 5 }),
      { reason: "DEADLINE_PASSED" },
    );
  });
});
