import { AdjustmentDecision } from "#gen/billing/admin/v1/adjustment_rpc_pb.ts";
import type { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { defaultPageSize } from "#platform/paging/page.ts";
import type { PageTokens } from "#platform/paging/page-token.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import type { AdminKeyVerifier } from "../domain/access/admin-key-verifier.ts";
import { parseAmount } from "../domain/adjustments/adjustment-ledger.ts";
import { Adjustments, type AdjustmentsParts } from "../domain/adjustments/adjustments.ts";
import { decideAdjustment } from "../domain/adjustments/decisions.ts";
import { listAdjustments } from "../domain/adjustments/list-adjustments.ts";
import { toAdjustmentMessage, toAdjustmentState } from "./adjustment-message.ts";
import { originOf } from "./change-origin.ts";

/** What the handlers work with. */
export interface AdjustmentParts {
  readonly adjustments: AdjustmentsParts;
  readonly keyVerifier: AdminKeyVerifier;
  readonly pageTokens: PageTokens;
}

export function adjustmentHandlers({ adjustments: parts, keyVerifier, pageTokens }: AdjustmentParts) {
  const adjustments = new Adjustments(parts);
  return {
    adjustBalance: async (
      { accountId, amount, reason, allowNegative, idempotencyKey, previewOnly },
      call,
    ) => {
      const { currencyCode = "", amount: digits = "" } = amount ?? {};
      const canonical = parseAmount(digits).toString();
      const asked = { accountId, currencyCode, amount: canonical, reason, allowNegative, idempotencyKey };
      const origin = await originOf(call, keyVerifier);
      const answer = previewOnly
        ? await adjustments.preview(asked, origin)
        : await adjustments.adjust(asked, origin);
      return {
        adjustment: toAdjustmentMessage(answer.adjustment),
        idempotentReplay: answer.replay,
        approvalRequired: answer.approvalRequired,
      };
    },
    approveAdjustment: async ({ adjustmentId, decision, reason, idempotencyKey }, call) => {
      const approve = decision === AdjustmentDecision.APPROVE;
      const asked = { adjustmentId, approve, reason, idempotencyKey };
      const answer = await decideAdjustment(parts, asked, await originOf(call, keyVerifier));
      return { adjustment: toAdjustmentMessage(answer.adjustment), idempotentReplay: answer.replay };
    },
    listAdjustments: async ({ state, accountId, pageSize, pageToken }) => {
      const described = ["adjustments", state, accountId];
      const after = (pageTokens.decode(described, pageToken) as string | undefined) ?? "";
      const filter = { state: toAdjustmentState(state), accountId };
      const page = await listAdjustments(parts, filter, pageSize || defaultPageSize, after);
      return {
        adjustments: page.adjustments.map(toAdjustmentMessage),
        nextPageToken: page.next === undefined ? "" : pageTokens.encode(described, page.next),
      };
    },
  } satisfies ServiceHandlers<typeof AdminService>;
}
