import { durationMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { CreditKind } from "#gen/billing/core/v1/balance_pb.ts";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import {
  type ChargeRequest,
  ChargeRequestSchema,
  type ChargeResponse,
  ChargeResponseSchema,
} from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { type CreditRequest, CreditRequestSchema } from "#gen/billing/core/v1/funding_rpc_pb.ts";
import { ExpiryAction, Overage } from "#gen/billing/core/v1/reservation_pb.ts";
import {
  CommitRequestSchema,
  CommitResponseSchema,
  ExtendReservationRequestSchema,
  ReleaseRequestSchema,
  ReleaseResponseSchema,
  ReserveRequestSchema,
  ReserveResponseSchema,
} from "#gen/billing/core/v1/reservation_rpc_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type * as domain from "../domain/billing.ts";
import { storedDerivation } from "../domain/explanation.ts";
import { decodeMemo, type Memo } from "../domain/memo.ts";
import { type Commit, type GrantTerms, plainPriority } from "../domain/operations.ts";
import type { HoldResult, PostingResult } from "../domain/results.ts";
import { idempotencyOf } from "./canonical-request.ts";
import { toRequestedPrice } from "./requested-price.ts";
import { toMoney } from "./to-account.ts";
import { toDerivationMessage, toPosting, toReservationMessage } from "./to-transaction.ts";

type Handlers = Pick<
  ServiceHandlers<typeof BillingCoreService>,
  "credit" | "charge" | "reserve" | "extendReservation" | "commit" | "release"
>;

const defaultHoldTtlMs = 600_000;

const overages: Readonly<Partial<Record<Overage, Commit["overage"]>>> = {
  [Overage.REJECT]: "REJECT",
  [Overage.CAP]: "CAP",
  [Overage.DEBT]: "DEBT",
};

/** The calls that move money. */
export function chargingHandlers(billing: domain.Billing): Handlers {
  return {
    credit: async (request) => {
      const { accountId, amount: money, source, externalReference, quoteId, description, metadata } = request;
      if (money === undefined) throw new TypeError("a credit without an amount passed its constraints");
      const kind = request.kind === CreditKind.PROMOTIONAL ? "PROMOTIONAL" : "PURCHASED";
      const idempotency = idempotencyOf(CreditRequestSchema, request, "Credit");
      return toPosting(
        await billing.credit({
          accountId,
          money,
          source,
          externalReference,
          kind,
          grant: grantOf(request),
          quoteId,
          idempotency,
          description,
          metadata,
        }),
      );
    },

    charge: async (request) => toChargeResponse(await billing.charge(toChargeRequest(request))),

    reserve: async (request) => {
      const { accountId, description, metadata, holdTtl } = request;
      const result = await billing.reserve({
        accountId,
        price: toRequestedPrice(request.price),
        holdTtlMs: holdTtl === undefined ? defaultHoldTtlMs : durationMs(holdTtl),
        onExpiry: request.onExpiry === ExpiryAction.CAPTURE ? "CAPTURE" : "RELEASE",
        idempotency: idempotencyOf(ReserveRequestSchema, request, "Reserve"),
        description,
        metadata,
      });
      const memo = decodeMemo(result.transaction.memo);
      return {
        $typeName: ReserveResponseSchema.typeName,
        ...toHold(result, memo),
        ...toDerivation(result, memo),
      };
    },

    extendReservation: async (request) => {
      const { reservationId, holdTtl, remaining } = request;
      if (holdTtl === undefined && remaining === undefined)
        throw invalidField("hold_ttl, remaining", "at least one of the two must be set");
      const result = await billing.extend({
        reservationId,
        holdTtlMs: holdTtl === undefined ? undefined : durationMs(holdTtl),
        remaining,
        idempotency: idempotencyOf(ExtendReservationRequestSchema, request, "ExtendReservation"),
        description: "",
        metadata: {},
      });
      return toHold(result);
    },

    commit: async (request) => {
      const { reservationId, keepOpen, acceptExpired, description, metadata } = request;
      const result = await billing.commit({
        reservationId,
        price: toRequestedPrice(request.price),
        overage: overages[request.overage] ?? "DEBT",
        keepOpen,
        acceptExpired,
        idempotency: idempotencyOf(CommitRequestSchema, request, "Commit"),
        description,
        metadata,
      });
      const memo = decodeMemo(result.transaction.memo);
      return {
        $typeName: CommitResponseSchema.typeName,
        ...toHold(result, memo),
        ...toDerivation(result, memo),
        uncollected: toMoney(result.transaction.uncollectedAtoms, result.unit),
      };
    },

    release: async (request) => {
      const { reservationId, description } = request;
      const idempotency = idempotencyOf(ReleaseRequestSchema, request, "Release");
      const result = await billing.release({ reservationId, idempotency, description, metadata: {} });
      return { $typeName: ReleaseResponseSchema.typeName, ...toHold(result) };
    },
  };
}

/** A credit with an end or a priority is a grant. */
function grantOf({ expiresAt, priority }: CreditRequest): GrantTerms | undefined {
  if (expiresAt === undefined && priority === undefined) return undefined;
  return {
    priority: priority ?? plainPriority,
    expiresMs: expiresAt === undefined ? undefined : timestampMs(expiresAt),
  };
}

/** A charge as the domain takes it; in a batch it is the same as alone, also for its key. */
export function toChargeRequest(request: ChargeRequest): domain.ChargeRequest {
  const { accountId, description, metadata } = request;
  const idempotency = idempotencyOf(ChargeRequestSchema, request, "Charge");
  return { accountId, price: toRequestedPrice(request.price), idempotency, description, metadata };
}

/** What was debited, and why this amount. */
export function toChargeResponse(result: PostingResult): ChargeResponse {
  const memo = decodeMemo(result.transaction.memo);
  return {
    $typeName: ChargeResponseSchema.typeName,
    ...toPosting(result, memo),
    ...toDerivation(result, memo),
  };
}

function toHold(result: HoldResult, memo = decodeMemo(result.transaction.memo)) {
  return { ...toPosting(result, memo), reservation: toReservationMessage(result.reservation, result.unit) };
}

/** From what was stored, also for the first answer, so that a repeated call is answered exactly alike. */
function toDerivation({ transaction, unit }: PostingResult, memo: Memo) {
  const derivation = storedDerivation(transaction, memo);
  return derivation === undefined ? {} : { derivation: toDerivationMessage(derivation, unit) };
}
