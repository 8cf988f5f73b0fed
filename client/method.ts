import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Transport } from "@connectrpc/connect";
import type { CallBounds } from "./call-options.ts";
import { hasIdempotencyKey } from "./idempotency-key.ts";
import type { FailedCall } from "./read-error.ts";
import type { TokenHolder } from "./token.ts";

/** What every call of a service shares. */
export interface CallParts {
  readonly transport: Transport;
  readonly tokens: TokenHolder;
  readonly bounds: CallBounds;
}

/** Whether sending a request twice has the effect of sending it once. */
export function isSafeToRepeat(method: DescMethod): boolean {
  return (
    method.idempotency === IdempotencyLevel.NO_SIDE_EFFECTS ||
    method.idempotency === IdempotencyLevel.IDEMPOTENT ||
    hasIdempotencyKey(method.input)
  );
}

/** A method as its errors name it. */
export function describeMethod(
  method: DescMethod,
): Pick<FailedCall, "packageName" | "method" | "safeToRepeat"> {
  return {
    packageName: method.parent.file.proto.package,
    method: `${method.parent.typeName}/${method.name}`,
    safeToRepeat: isSafeToRepeat(method),
  };
}
