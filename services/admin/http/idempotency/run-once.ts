import { createHash } from "node:crypto";
import type { Message } from "@bufbuild/protobuf";
import type { Call } from "#platform/rpc/call.ts";
import { AdminError } from "../../domain/admin-error.ts";
import type { RequestLockStore } from "../../store/request-lock-store.ts";
import { idempotencyField, pathFields, type Route } from "../routes/route.ts";

/** Beyond the longest deadline of a call over HTTP JSON. */
const lockMs = 40_000;
const retryAfterMs = 1_000;

/**
 * Runs a call that has an idempotency key unless one with the same key is running: that is REQUEST_IN_PROGRESS. A
 * repeat after the end is the called service's matter: it answers as the first time.
 */
export async function runOnce<T>(
  locks: Pick<RequestLockStore, "take">,
  route: Route,
  call: Call,
  message: Message,
  work: () => Promise<T>,
): Promise<T> {
  if (idempotencyField(route) === undefined) return work();
  const release = await locks.take(nameOf(route, message), lockMs);
  if (release === undefined)
    throw new AdminError("REQUEST_IN_PROGRESS", "a request with this Idempotency-Key is running", {
      retryAfterMs,
    });
  try {
    return await work();
  } finally {
    // A lock that cannot be freed ends by itself; the answer is not withheld for it.
    await release().catch((error: unknown) =>
      call.log.warn({ err: error }, "a request's lock was not freed"),
    );
  }
}

/** Keys of one method and one account, or resource, are one set. */
function nameOf(route: Route, message: Message): string {
  const values = message as unknown as Record<string, unknown>;
  const scope = ["accountId", ...pathFields(route), "idempotencyKey"].map((name) => values[name] ?? "");
  return createHash("sha256")
    .update(JSON.stringify([route.rpc.name, ...scope]))
    .digest("hex");
}
