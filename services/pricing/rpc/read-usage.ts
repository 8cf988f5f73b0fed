import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Usage as UsageMessage } from "#gen/billing/type/v1/usage_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { Usage } from "../domain/usage.ts";

/**
 * The usage of a message that has passed the contract's constraints.
 *
 * @param field path of the message in the request, for errors
 * @throws CommonError REQUEST_INVALID naming the field of a time that is none
 */
export function readUsage(message: UsageMessage | undefined, field: string): Usage {
  if (message === undefined) throw invalidField(field, "is required");
  return {
    priceId: message.priceId,
    quantities: readQuantities(message.quantities),
    attributes: new Map(Object.entries(message.attributes)),
    priorQuantities: readQuantities(message.priorQuantities),
    eventCount: message.events.length,
    atMs: message.at && timestampMs(message.at),
    endedAtMs: message.endedAt && timestampMs(message.endedAt),
  };
}

function readQuantities(quantities: Readonly<Record<string, string>>): Map<string, Decimal> {
  const read = new Map<string, Decimal>();
  for (const meter of Object.keys(quantities)) read.set(meter, Decimal.parse(quantities[meter] ?? ""));
  return read;
}
