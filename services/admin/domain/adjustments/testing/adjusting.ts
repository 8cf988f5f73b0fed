/** Corrections of balances on a fake ledger, at a time that the tests set. */
import { after, before, beforeEach } from "node:test";
import { Decimal } from "#money/decimal.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { AdjustmentStore } from "../../../store/adjustment-store.ts";
import { AuditStore } from "../../../store/audit-store.ts";
import { FakeLedger } from "../../../testing/fake-ledger.ts";
import type { Actor } from "../../access/actor.ts";
import { createAuditKeys } from "../../audit/audit-keys.ts";
import { createAuditLog } from "../../audit/audit-log.ts";
import { type AuditFilter, listAuditEntries } from "../../audit/audit-reader.ts";
import type { ChangeOrigin } from "../../audit/change-origin.ts";
import type { AdjustmentRequest } from "../adjustment.ts";
import { Adjustments, type AdjustmentsParts } from "../adjustments.ts";
import { parseApprovalLimits } from "../approval-limits.ts";
import { type Decision, decideAdjustment } from "../decisions.ts";

const keys = createAuditKeys(["Zr8Kq3Wn5Vb1Xm7Lp2Cs9Dt4Fy6Gh0Ju"]);

let server: TestRedis;
export let redis: Redis;
export let ledger: FakeLedger;
export let nowMs: number;
export function passTime(ms: number): void {
  nowMs += ms;
}

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
});
beforeEach(async () => {
  await redis.command("", ["FLUSHALL"]);
  nowMs = Date.now();
  ledger = new FakeLedger();
  ledger.balances.set("acme", Decimal.parse("100"));
});
after(async () => {
  await redis?.close();
  await server?.stop();
});

/** What one process works with. */
export function newParts(over: Redis = redis): AdjustmentsParts {
  const now = () => nowMs;
  return {
    store: new AdjustmentStore(over),
    ledger,
    limits: parseApprovalLimits("USD=1000"),
    auditLog: createAuditLog({ store: new AuditStore(over), keys, onEntry: () => {}, now }),
    now,
  };
}

const actor = (keyId: string): Actor => ({ type: "admin_key", subject: keyId, keyId, tokenId: "" });
export const by = (keyId: string, action = "AdjustBalance", requestId = "r-1"): ChangeOrigin => ({
  actor: actor(keyId),
  action,
  requestId,
  address: "",
});
export const asked: AdjustmentRequest = {
  accountId: "acme",
  currencyCode: "USD",
  amount: "5",
  reason: "goodwill",
  allowNegative: false,
  idempotencyKey: "k-1",
};
export const large = { ...asked, amount: "1000.01" };

export const adjust = (change: Partial<AdjustmentRequest> = {}, keyId = "ak_1", parts = newParts()) =>
  new Adjustments(parts).adjust({ ...asked, ...change }, by(keyId));

export const decide = (
  adjustmentId: string,
  change: Partial<Decision> = {},
  keyId = "ak_2",
  parts = newParts(),
) =>
  decideAdjustment(
    parts,
    { adjustmentId, approve: true, reason: "agreed", idempotencyKey: "d-1", ...change },
    by(keyId, "ApproveAdjustment", "r-2"),
  );

export async function audited(change: Partial<AuditFilter> = {}) {
  const filter = {
    ...{ actorKeyId: "", actorSubject: "", actionPrefix: "", targetType: "", targetId: "", accountId: "" },
    ...{ result: undefined, requestId: "", startMs: undefined, endMs: undefined },
    ...change,
  };
  const { entries } = await listAuditEntries(new AuditStore(redis), filter, 100, undefined);
  return entries;
}
