import type { DescMethod } from "@bufbuild/protobuf";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import type { MethodRule } from "#platform/access/method-rule.ts";
import { CommonError } from "#platform/errors/common-error.ts";

const core = BillingCoreService.method;

/** Balance, holds, history and a top-up: what the page of a customer is made of. */
const customerMethods: ReadonlySet<DescMethod> = new Set([
  core.getBalance,
  core.watchBalance,
  core.listReservations,
  core.listTransactions,
  AdminService.method.createCheckoutSession,
]);

/**
 * Keeps a session that began with a link to its page, whatever scopes the link was given.
 *
 * @throws CommonError ACCOUNT_NOT_PERMITTED.
 */
export function requireOnCustomerPage({ method, path }: MethodRule): void {
  if (!customerMethods.has(method))
    throw new CommonError("ACCOUNT_NOT_PERMITTED", `the session of a customer may not call ${path}`);
}
