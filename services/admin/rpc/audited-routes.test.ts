import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { MonitoringService } from "#gen/billing/monitoring/v1/monitoring_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { methodRule } from "#platform/access/method-rule.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { Redis } from "#platform/redis/redis.ts";
import type { Call } from "#platform/rpc/call.ts";
import { delegatedRoutesOf, type ServiceRoutes } from "#platform/rpc/handlers.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { listAuditEntries } from "../domain/audit/audit-reader.ts";
import { startTestAdmin, type TestAdmin } from "../testing/test-admin.ts";
import { auditedRoutes } from "./audited-routes.ts";
import { isChange } from "./change-description.ts";

let server: TestRedis;
let redis: Redis;
let admin: TestAdmin;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  admin = await startTestAdmin({ redis, coreUrl: "http://127.0.0.1:1" });
});
after(async () => {
  await admin?.drain();
  await redis?.close();
  await server?.stop();
});

let requests = 0;

/** Calls a method through audited routes; gives what came of it and its entries. */
async function callAudited(routes: ServiceRoutes, name: string, request: object) {
  const method = routes.service.methods.find(({ localName }) => localName === name)!;
  const requestId = `r-${++requests}`;
  const call = {
    rule: methodRule(method),
    caller: { subject: "key:configured", scopes: new Set(), account: undefined, tokenId: undefined },
    requestId,
    address: "10.0.0.9",
  } as unknown as Call;
  const handler = auditedRoutes(routes, admin).handlers[name] as (request: object, call: Call) => unknown;
  const outcome = await Promise.resolve()
    .then(() => handler(create(method.input, request as never), call))
    .catch((error: CommonError) => error.reason);
  const any = {
    actorKeyId: "",
    actorSubject: "",
    actionPrefix: "",
    targetType: "",
    targetId: "",
    accountId: "",
  };
  const filter = { ...any, result: undefined, requestId, startMs: undefined, endMs: undefined };
  return { outcome, entries: (await listAuditEntries(admin.auditStore, filter, 10, undefined)).entries };
}

describe("a change that is passed on", () => {
  let frozen = false;
  const account = () => ({
    account: {
      accountId: "acme",
      freezeReasons: frozen ? ["operator"] : [],
      labels: { email: "a@b.example" },
    },
  });
  const core = delegatedRoutesOf(BillingCoreService, {
    getAccount: async () => account(),
    freezeAccount: async () => {
      frozen = true;
      return account();
    },
    getBalance: async () => ({ balance: { accountId: "acme", sequence: 7n } }),
    refund: async () => ({ transaction: { accountId: "acme", transactionId: "t-2" } }),
    credit: () => Promise.reject(new CommonError("PEER_UNAVAILABLE", "away")),
    adjustBalance: () => Promise.reject(new Error("never called")),
  });

  test("is audited with who, what, before, after, why and from where", async () => {
    const request = { accountId: "acme", freezeReason: "operator", comment: "fraud" };
    const { outcome, entries } = await callAudited(core, "freezeAccount", request);
    assert.deepEqual(outcome, account());
    const [entry, ...more] = entries;
    assert.equal(more.length, 0);
    assert.deepEqual(
      [entry?.actor.subject, entry?.action, entry?.targetType, entry?.targetId, entry?.accountId],
      ["ADMIN_KEY", "billing.core.v1.BillingCoreService/FreezeAccount", "account", "acme", "acme"],
    );
    assert.deepEqual([entry?.reason, entry?.address, entry?.result], ["fraud", "10.0.0.9", "succeeded"]);
    const [left, right] = [JSON.parse(entry!.beforeJson), JSON.parse(entry!.afterJson)];
    assert.deepEqual([left.account.freeze_reasons, right.account.freeze_reasons], [undefined, ["operator"]]);
    assert.match(left.salt, /^[A-Za-z0-9_-]{22}$/);
  });

  test("of a resource is entered under its account", async () => {
    const { entries } = await callAudited(core, "refund", { transactionId: "t-1", reason: "goodwill" });
    assert.deepEqual(
      [entries[0]?.targetType, entries[0]?.targetId, entries[0]?.accountId, entries[0]?.reason],
      ["transaction", "t-1", "acme", "goodwill"],
    );
  });

  test("whose outcome is unknown is entered as such, with the balance before", async () => {
    const { outcome, entries } = await callAudited(core, "credit", { accountId: "acme", source: "admin" });
    assert.deepEqual([outcome, entries[0]?.result], ["PEER_UNAVAILABLE", "unknown"]);
    assert.equal(JSON.parse(entries[0]!.beforeJson).balance.sequence, "7");
  });

  test("that only reads leaves no entry", async () => {
    assert.deepEqual((await callAudited(core, "getAccount", { accountId: "acme" })).entries, []);
  });

  test("of a balance is left to Admin's own method, which may ask for a second key", async () => {
    const { outcome, entries } = await callAudited(core, "adjustBalance", { accountId: "acme" });
    assert.deepEqual([outcome, entries.length], ["METHOD_UNAVAILABLE", 0]);
  });

  test("shows no secret", async () => {
    const monitoring = delegatedRoutesOf(MonitoringService, {
      createChannel: async () => ({ channel: { channelId: "c-1" } }),
    });
    const secret = "a-very-secret-thing";
    await admin.auditLog.append(
      {
        actor: { type: "system", subject: "test", keyId: "", tokenId: "" },
        action: "test",
        targetType: "",
        targetId: "",
        accountId: "",
        before: { spec: { webhook_secret: secret, headers: { authorization: secret } } },
        reason: "",
        requestId: "r-secret",
        address: "",
      },
      { result: "succeeded", errorReason: "" },
    );
    const { entries } = await callAudited(monitoring, "createChannel", { channelId: "c-1" });
    const page = await listAuditEntries(
      admin.auditStore,
      {
        actorKeyId: "",
        actorSubject: "",
        actionPrefix: "",
        targetType: "",
        targetId: "",
        accountId: "",
        result: undefined,
        requestId: "r-secret",
        startMs: undefined,
        endMs: undefined,
      },
      1,
      undefined,
    );
    assert.equal(entries[0]?.targetType, "channel");
    assert.equal(page.entries[0]?.beforeJson, '{"spec":{"headers":"[hidden]","webhook_secret":"[hidden]"}}');
  });
});

test("every change of another service has a kind of target or concerns many", () => {
  const services = [BillingCoreService, PricingService, ExchangeRateService, MonitoringService];
  const changes = services.flatMap(({ methods }) => methods).filter(isChange);
  const untargeted = changes.filter(
    ({ input }) =>
      !input.fields.some(({ name }) => /(_id|^price_book|^base_currency|^currency_code)$/.test(name)),
  );
  assert.deepEqual(
    untargeted.map(({ name }) => name),
    ["ChargeBatch", "RefreshRates", "CreateSilence"],
  );
});
