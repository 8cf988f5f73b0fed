import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { MatchOperator } from "#gen/billing/monitoring/v1/matcher_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import type { DashboardStack } from "./dashboard-stack.ts";

const usd = (amount: string) => ({ currencyCode: "USD", amount });
const hourMs = 3_600_000;

/** Lets an operator have something to look after: an account that runs low, a channel, a silence. */
export async function seedAlerts({ clients }: DashboardStack): Promise<void> {
  const { core, monitoring } = clients;
  const accountId = "low-tide";
  await monitoring.createChannel({
    channelId: "on-call",
    spec: { target: { case: "log", value: {} }, description: "Whoever is called" },
  });
  await monitoring.createSilence({
    matchers: [{ label: "service", operator: MatchOperator.MATCHES, value: "pricing|exchange" }],
    endTime: timestampFromMs(Date.now() + 4 * hourMs),
    comment: "Both move to another host tonight",
    idempotencyKey: "seed-silence",
  });
  await core.createAccount({
    accountId,
    currencyCode: "USD",
    lowBalanceThresholds: [{ level: { case: "amount", value: "10" } }],
  });
  await core.credit({ accountId, amount: usd("12"), source: "admin", idempotencyKey: "seed-credit" });
  await core.charge({
    accountId,
    price: { case: "amount", value: { money: usd("8.5") } },
    idempotencyKey: "seed-charge",
  });
  await eventually(async () => {
    const { alerts } = await monitoring.listAlerts({ accountId });
    if (alerts.length === 0) throw new Error(`no alert for ${accountId} yet`);
  });
}

/** Corrections with a reason, for the audit log. */
export async function seedCorrections({ clients }: DashboardStack): Promise<void> {
  const { admin, core } = clients;
  const accountId = "twice-counted";
  await core.createAccount({ accountId, currencyCode: "USD" });
  await core.credit({ accountId, amount: usd("12"), source: "admin", idempotencyKey: "seed-credit" });
  for (const [index, amount] of ["0.75", "-0.25"].entries())
    await admin.adjustBalance({
      accountId,
      amount: usd(amount),
      reason: "Counted twice by the gateway in the night of the move",
      idempotencyKey: `seed-adjust-${index}`,
    });
}
