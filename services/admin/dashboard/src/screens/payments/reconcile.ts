import { type CallOptions, createClient } from "@connectrpc/connect";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import type { Discrepancy } from "#gen/billing/admin/v1/reconciliation_pb.ts";
import type { ReconcilePaymentsResponse } from "#gen/billing/admin/v1/reconciliation_rpc_pb.ts";
import { transport } from "../../data/transport.ts";
import type { useDays } from "../../design/date-filter.tsx";

const admin = createClient(AdminService, transport);

/** Calls to one report; each compares up to 200 objects. */
const maxCalls = 100;

/** Which payments are compared. */
export type ReconcileScope = ReturnType<typeof useDays> & { readonly accountId: string };

/** What a comparison found. */
export interface ReconcileReport {
  readonly discrepancies: readonly Discrepancy[];
  readonly checkedEventCount: number;
  readonly checkedObjectCount: number;
  readonly repairedCount: number;
  /** False if there was more than a report goes through. */
  readonly complete: boolean;
  readonly startTime: ReconcilePaymentsResponse["startTime"];
  readonly endTime: ReconcilePaymentsResponse["endTime"];
}

/** Compares Stripe, Admin and the ledger, call by call; with a reason repairs what can be repaired. */
export async function reconcile(
  scope: ReconcileScope,
  repairReason: string | undefined,
  options: CallOptions,
): Promise<ReconcileReport> {
  const answers: ReconcilePaymentsResponse[] = [];
  let cursor = "";
  do {
    const answer = await admin.reconcilePayments(
      { ...scope, repair: repairReason !== undefined, reason: repairReason ?? "", cursor },
      { ...options, timeoutMs: 60_000 },
    );
    answers.push(answer);
    cursor = answer.nextCursor;
  } while (cursor !== "" && answers.length < maxCalls);
  const sum = (count: (answer: ReconcilePaymentsResponse) => number) =>
    answers.reduce((total, answer) => total + count(answer), 0);
  return {
    discrepancies: answers.flatMap(({ discrepancies }) => discrepancies),
    checkedEventCount: sum(({ checkedEventCount }) => checkedEventCount),
    checkedObjectCount: sum(({ checkedObjectCount }) => checkedObjectCount),
    repairedCount: sum(({ repairedCount }) => repairedCount),
    complete: cursor === "",
    startTime: answers[0]?.startTime,
    endTime: answers[0]?.endTime,
  };
}
