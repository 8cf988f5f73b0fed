import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import {
  ChargeBatchResponseSchema,
  ChargeBatchResultSchema,
  type LineError,
  LineErrorSchema,
} from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { Call } from "#platform/rpc/call.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { Billing } from "../domain/billing.ts";
import { chargeLines, type LineResult } from "../domain/charge-batch.ts";
import { toChargeRequest, toChargeResponse } from "./charging-handlers.ts";

type Handlers = Pick<ServiceHandlers<typeof BillingCoreService>, "chargeBatch">;

/** Charges by the thousand. A line has the same key space as a single Charge: either may repeat the other. */
export function chargeBatchHandlers(billing: Billing): Handlers {
  return {
    chargeBatch: async ({ charges }, call) => {
      const results = await chargeLines(billing, charges.map(toChargeRequest));
      return {
        $typeName: ChargeBatchResponseSchema.typeName,
        results: results.map((result) => ({
          $typeName: ChargeBatchResultSchema.typeName,
          result: toLineResult(result, call),
        })),
      };
    },
  };
}

function toLineResult(line: LineResult, call: Call) {
  if (line.kind === "CHARGED") return { case: "charged" as const, value: toChargeResponse(line.result) };
  const value = toLineError(line.error, call);
  return line.kind === "REFUSED"
    ? { case: "error" as const, value }
    : { case: "outcomeUnknown" as const, value };
}

/** As a single call would say it; what the contract does not know is logged and shows nothing. */
function toLineError(error: unknown, { log, requestId }: Call): LineError {
  const $typeName = LineErrorSchema.typeName;
  if (error instanceof ServiceError) {
    return { $typeName, reason: error.reason, message: error.message, metadata: { ...error.metadata } };
  }
  log.error({ err: error }, "a line of a batch failed");
  const message = `an internal fault; its log entry has the request id ${requestId}`;
  return { $typeName, reason: "INTERNAL", message, metadata: {} };
}
