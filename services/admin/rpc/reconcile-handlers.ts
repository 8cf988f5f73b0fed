import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { DiscrepancyKind, DiscrepancySchema } from "#gen/billing/admin/v1/reconciliation_pb.ts";
import type { ReconcilePaymentsRequest } from "#gen/billing/admin/v1/reconciliation_rpc_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { ReportedDifference } from "../domain/payments/reconcile/difference.ts";
import {
  beginReconciliation,
  type ReconcilePosition,
  type ReconcileReport,
  type ReconcileSources,
  reconcileStep,
} from "../domain/payments/reconcile/reconcile.ts";
import { nextStartMs } from "../domain/payments/reconcile/reconcile-schedule.ts";
import { stripeNotConfigured } from "../domain/payments/stripe-switch.ts";
import type { ReconciliationStore } from "../store/payments/reconciliation-store.ts";
import { audited, type PaymentAudit } from "./payment-changing-handlers.ts";

/** What reconciling works with; it needs Stripe. */
export interface Reconciling {
  readonly sources: ReconcileSources;
  readonly reconciliations: ReconciliationStore;
}

const defaultObjects = 200;

/** The call that compares Stripe with Admin and Billing Core. */
export function reconcileHandlers(
  parts: PaymentAudit & { readonly pageTokens: PageTokens },
  reconciling: Reconciling | undefined,
) {
  return {
    reconcilePayments: async (request, call) => {
      if (request.repair && request.reason === "")
        throw invalidField("reason", "is needed with repair, for the audit log");
      const { accountId, repair: repairs, reason } = request;
      const filters = filtersOf(request);
      const cursor = parts.pageTokens.decode(filters, request.cursor) as ReconcilePosition | undefined;
      const reconcile = async () => {
        if (reconciling === undefined) throw stripeNotConfigured();
        const from = cursor ?? (await beginningOf(request, reconciling.reconciliations));
        const maxObjects = request.maxObjects === 0 ? defaultObjects : request.maxObjects;
        const report = await reconcileStep(reconciling.sources, from, { accountId, repairs, maxObjects });
        return { from, report };
      };
      const target = { targetType: "payments", accountId, reason };
      const { from, report } = repairs
        ? await audited(parts, call, target, reconcile, (done) => ({ after: auditedReport(done.report) }))
        : await reconcile();
      return {
        discrepancies: report.differences.map(toDiscrepancy),
        checkedEventCount: report.checkedEvents,
        checkedObjectCount: report.checkedObjects,
        repairedCount: report.differences.filter(({ isRepaired }) => isRepaired).length,
        nextCursor: report.next === undefined ? "" : parts.pageTokens.encode(filters, report.next),
        complete: report.next === undefined,
        startTime: timestampFromMs(from.startMs),
        endTime: timestampFromMs(from.endMs),
      };
    },
  } satisfies ServiceHandlers<typeof AdminService>;
}

function filtersOf({ startTime, endTime, accountId, repair }: ReconcilePaymentsRequest): unknown[] {
  const ms = [startTime, endTime].map((time) => (time === undefined ? 0 : timestampMs(time)));
  return ["reconcile", ...ms, accountId, repair];
}

async function beginningOf(
  { startTime, endTime }: ReconcilePaymentsRequest,
  reconciliations: ReconciliationStore,
): Promise<ReconcilePosition> {
  // A second more, since Stripe counts in whole ones.
  const endMs = endTime === undefined ? Date.now() + 1_000 : timestampMs(endTime);
  const startMs = startTime === undefined ? await nextStartMs(reconciliations) : timestampMs(startTime);
  if (endMs < startMs) throw invalidField("end_time", "must not be before start_time");
  return beginReconciliation(startMs, endMs);
}

function toDiscrepancy(difference: ReportedDifference) {
  const { expected, actual } = difference;
  return create(DiscrepancySchema, {
    kind: DiscrepancyKind[difference.kind],
    paymentId: difference.paymentId,
    accountId: difference.accountId,
    stripeId: difference.stripeId,
    ...(expected === undefined ? {} : { expectedAmount: { ...expected } }),
    ...(actual === undefined ? {} : { actualAmount: { ...actual } }),
    description: difference.description,
    repaired: difference.isRepaired,
    repairError: difference.repairError,
  });
}

/** What the audit log says of the repairs of a step. */
function auditedReport({ differences }: ReconcileReport): unknown {
  return differences
    .filter(({ isRepaired }) => isRepaired)
    .map(({ kind, paymentId, stripeId }) => ({ kind, payment_id: paymentId, stripe_id: stripeId }));
}
