import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Usage as UsageMessage } from "#gen/billing/type/v1/usage_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { Usage } from "../domain/engine/usage.ts";

/**
 * The usage of a message that has passed the contract's constraints.
 *
 * @param field path of the message in the request, for errors
 * @param nowMs when the usage began, if it does not say
 * @throws CommonError REQUEST_INVALID naming the field of a time that is none
 */
export function readUsage(message: UsageMessage | undefined, field: string, nowMs: number): Usage {
  if (message === undefined) throw invalidField(field, "is required");
  return {
    priceId: message.priceId,
    quantities: readQuantities(message.quantities),
    attributes: new Map(Object.entries(message.attributes)),
    priorQuantities: readQuantities(message.priorQuantities),
    priorBilled: readDecimal(message.priorBilled),
    events: message.events.map(({ quantities, amount, at }) => ({
      quantities: readQuantities(quantities),
      amount: readDecimal(amount),
      atMs: at && timestampMs(at),
    })),
    atMs: message.at === undefined ? nowMs : timestampMs(message.at),
    endedAtMs: message.endedAt && timestampMs(message.endedAt),
  };
}

function readQuantities(quantities: Readonly<Record<string, string>>): Map<string, Decimal> {
  const read = new Map<string, Decimal>();
  for (const meter of Object.keys(quantities)) read.set(meter, Decimal.parse(quantities[meter] ?? ""));
  return read;
}

function readDecimal(text: string): Decimal {
  return text === "" ? Decimal.zero : Decimal.parse(text);
}
