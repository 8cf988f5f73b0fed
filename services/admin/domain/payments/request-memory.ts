import { createHash } from "node:crypto";
import { CommonError } from "#platform/errors/common-error.ts";
import type { RequestStore } from "../../store/payments/request-store.ts";

/** A request that may come again. */
export interface RepeatableRequest {
  readonly method: string;
  /** Keys of one account are not those of another; empty for the whole system. */
  readonly accountId: string;
  readonly key: string;
  /** What must be the same when it is repeated; plain JSON. */
  readonly content: unknown;
}

/** What is known of a request when it begins. */
export interface BegunRequest {
  /** Names the request, for ever the same: for keys of calls that it makes. */
  readonly name: string;
  /** What `finish` kept of an earlier call; undefined if there was none, or it was broken off. */
  readonly answer: string | undefined;
  /** Keeps what is needed to answer a repeat. */
  finish(answer: string): Promise<void>;
  /** Lets the key be used again, after a refusal. */
  forget(): Promise<void>;
}

/**
 * Begins a request under its idempotency key.
 *
 * @throws CommonError IDEMPOTENCY_KEY_REUSED if the key was used with another request.
 */
export async function beginRequest(store: RequestStore, request: RepeatableRequest): Promise<BegunRequest> {
  const name = digestOf([request.method, request.accountId, request.key]).slice(0, 40);
  const fingerprint = digestOf(request.content);
  const found = await store.begin(name, fingerprint);
  if (found.fingerprint !== fingerprint)
    throw new CommonError("IDEMPOTENCY_KEY_REUSED", "the idempotency key was used with another request");
  return {
    name,
    answer: found.answer,
    finish: (answer) => store.finish(name, answer),
    forget: () => store.forget(name),
  };
}

function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
