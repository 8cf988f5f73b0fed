import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AdjustmentState } from "#gen/billing/admin/v1/adjustment_pb.ts";
import { AdjustmentDecision } from "#gen/billing/admin/v1/adjustment_rpc_pb.ts";
import { AdminRole } from "#gen/billing/admin/v1/admin_key_pb.ts";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { Http2Sessions } from "#platform/client/http2-sessions.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { withHeaders } from "#platform/testing/with-headers.ts";
import { startTestStack, type TestStack } from "./testing/test-stack.ts";

let stack: TestStack;
let core: Client<typeof BillingCoreService>;
let root: Client<typeof AdminService>;

before(async () => {
  stack = await startTestStack({ ADMIN_ADJUSTMENT_LIMITS: "USD=1000" });
  const authorization = `Bearer ${await stack.token()}`;
  core = createClient(BillingCoreService, transportTo("core", { authorization }));
  root = adminWith(stack.environment.ADMIN_KEY ?? "");
});
after(async () => {
  await stack?.stop();
});

function transportTo(door: "core" | "admin", headers: Readonly<Record<string, string>>) {
  const baseUrl = stack.url(door);
  // A connection that a killed Admin breaks must not end this process.
  const sessionManager = new Http2Sessions(baseUrl);
  return createGrpcTransport({
    baseUrl,
    sessionManager,
    interceptors: [withHeaders(headers)],
  });
}

const adminWith = (key: string) => createClient(AdminService, transportTo("admin", { "x-admin-key": key }));

async function reasonOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "OK",
    (error) => ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason ?? String(error),
  );
}

const usd = (amount: string) => ({ currencyCode: "USD", amount });
const reason = "for the test";

async function createAccount(accountId: string, labels: Record<string, string> = {}): Promise<void> {
  await core.createAccount({ accountId, currencyCode: "USD", labels });
}

async function available(accountId: string): Promise<string | undefined> {
  return (await core.getBalance({ accountId })).balance?.available?.amount;
}

test("operators of two keys correct a real balance: at once below the limit, together above it, each once", async () => {
  const accountId = "adjusted";
  await createAccount(accountId, { email: "ada@acme.example" });
  const small = { accountId, amount: usd("12.50"), reason, idempotencyKey: "small" };
  const { adjustment: preview } = await root.adjustBalance({ ...small, previewOnly: true });
  assert.deepEqual(
    [preview?.state, preview?.availableBefore?.amount, preview?.availableAfter?.amount],
    [AdjustmentState.PREVIEW, "0", "12.5"],
  );
  const { adjustment: applied } = await root.adjustBalance(small);
  assert.deepEqual(
    [applied?.state, applied?.availableBefore?.amount, applied?.availableAfter?.amount],
    [AdjustmentState.APPLIED, "0", "12.5"],
  );
  const { transaction } = await core.getTransaction({ transactionId: applied!.transactionId });
  assert.deepEqual(
    [transaction?.amount?.amount, transaction?.metadata.adjustment_id],
    ["12.5", applied!.adjustmentId],
  );
  assert.equal((await root.adjustBalance({ ...small, amount: usd("12.5") })).idempotentReplay, true);
  assert.equal(await available(accountId), "12.5");

  const asked = { accountId, amount: usd("5000"), reason, idempotencyKey: "large" };
  const { adjustment: pending, approvalRequired } = await root.adjustBalance(asked);
  assert.deepEqual([pending?.state, approvalRequired], [AdjustmentState.PENDING_APPROVAL, true]);
  const { secret } = await root.createAdminKey({ name: "Ada", role: AdminRole.FINANCE, reason });
  const decision = {
    adjustmentId: pending!.adjustmentId,
    decision: AdjustmentDecision.APPROVE,
    reason,
    idempotencyKey: "decision",
  };
  assert.equal(await reasonOf(root.approveAdjustment(decision)), "APPROVAL_BY_SAME_KEY");
  const approvals = await Promise.all([1, 2, 3].map(() => adminWith(secret).approveAdjustment(decision)));
  for (const { adjustment } of approvals)
    assert.ok(
      adjustment?.state === AdjustmentState.APPLIED || adjustment?.state === AdjustmentState.APPLYING,
    );
  await eventually(async () => assert.equal(await available(accountId), "5012.5"));
});

test("what Billing Core refuses keeps its reason and facts", async () => {
  const accountId = "poor";
  await createAccount(accountId);
  const asked = { accountId, amount: usd("-1"), reason, idempotencyKey: "k" };
  assert.equal(await reasonOf(root.adjustBalance(asked)), "INSUFFICIENT_FUNDS");
  const euros = { ...asked, amount: { currencyCode: "EUR", amount: "1" } };
  assert.equal(await reasonOf(root.adjustBalance(euros)), "CURRENCY_MISMATCH");
  assert.equal(await reasonOf(root.adjustBalance({ ...asked, accountId: "nobody" })), "ACCOUNT_NOT_FOUND");
  assert.equal(await reasonOf(root.adjustBalance({ ...asked, allowNegative: true })), "OK");
  assert.equal(await available(accountId), "-1");
});

test("accounts are found by part of an id or of a label, and by what they can spend", async () => {
  await createAccount("needle-1");
  await createAccount("hay", { contact: "The NEEDLE factory" });
  await root.adjustBalance({ accountId: "needle-1", amount: usd("3"), reason, idempotencyKey: "k" });
  const { accounts } = await root.searchAccounts({ text: "needle" });
  assert.deepEqual(
    accounts.map(({ accountId, matchedField, spendable }) => [accountId, matchedField, spendable?.amount]),
    [
      ["needle-1", "account_id", "3"],
      ["hay", "labels.contact", "0"],
    ],
  );
  const poor = await root.searchAccounts({ text: "needle", spendableAtMost: usd("2.99") });
  assert.deepEqual(
    poor.accounts.map(({ accountId }) => accountId),
    ["hay"],
  );
});

test("a killed Admin leaves a correction that its next start finishes, and an audit log in order", async () => {
  const accountId = "survivor";
  await createAccount(accountId);
  const asked = { accountId, amount: usd("7"), reason, idempotencyKey: "k" };
  const calls = Array.from({ length: 20 }, (_, index) =>
    root.adjustBalance({ ...asked, idempotencyKey: `k-${index}` }),
  );
  const settled = Promise.allSettled(calls);
  await Promise.race(calls);
  await stack.kill("admin");
  await stack.restart("admin");
  await settled;
  await stack.waitUntilReady(["admin"]);
  for (const index of calls.keys())
    await eventually(() => root.adjustBalance({ ...asked, idempotencyKey: `k-${index}` }));
  assert.equal(await available(accountId), "140");
  const { valid, firstFault } = await root.verifyAuditLog({});
  assert.deepEqual([valid, firstFault], [true, undefined]);
});
