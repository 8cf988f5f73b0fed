import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { fingerprintOf, type Idempotency } from "../domain/idempotency.ts";
import { type CanonicalWriter, compileCanonicalJson } from "./canonical-json.ts";

const writers = new Map<DescMessage, CanonicalWriter>();

/**
 * Identifies a request for repeats: the method, the caller's key, and a digest of the request as sent, with
 * decimals normalised ("1.50" is "1.5") and names sorted, so that only what matters makes a difference.
 */
export function idempotencyOf<D extends DescMessage>(
  schema: D,
  request: MessageShape<D> & { idempotencyKey: string },
  method: string,
): Idempotency {
  let write = writers.get(schema);
  if (write === undefined) {
    write = compileCanonicalJson(schema, "idempotencyKey");
    writers.set(schema, write);
  }
  return { method, key: request.idempotencyKey, fingerprint: fingerprintOf(write(request)) };
}
