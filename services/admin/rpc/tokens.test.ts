import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { decodeJwt } from "jose";
import { AdminRole } from "#gen/billing/admin/v1/admin_key_pb.ts";
import type { IssueTokenRequestSchema } from "#gen/billing/admin/v1/token_rpc_pb.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { accountSummary, type FakeCore, startFakeCore } from "../testing/fake-core.ts";
import {
  type AdminClient,
  failureOf,
  reasonOf,
  startTestAdmin,
  type TestAdmin,
} from "../testing/test-admin.ts";

let server: TestRedis;
let redis: Redis;
let core: FakeCore;
let admin: TestAdmin;
let root: AdminClient;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  core = await startFakeCore(redis);
  core.accounts = [accountSummary("acme", "USD", {})];
  admin = await startTestAdmin({
    redis,
    coreUrl: core.baseUrl,
    environment: { ADMIN_PUBLIC_URL: "https://billing.example" },
  });
  root = admin.client();
});
after(async () => {
  await admin?.drain();
  await core?.drain();
  await redis?.close();
  await server?.stop();
});

const reason = "for the test";
const hourMs = 3_600_000;
const asked = { subject: "gateway", scopes: ["admin.read"], reason };
const bearer = (token: string) => admin.client({ authorization: `Bearer ${token}` });
const look = (client: AdminClient) => reasonOf(client.listAuditLog({}));

describe("an issued token", () => {
  test("works, says what was asked for, and lives an hour by default", async () => {
    const { token, tokenId, expiresAt } = await root.issueToken({ ...asked, accountId: "" });
    assert.equal(await look(bearer(token)), "OK");
    const { sub, scope, jti, exp, iat, aud } = decodeJwt(token);
    assert.deepEqual([sub, scope, jti, aud], ["gateway", "admin.read", tokenId, "holdfast"]);
    assert.equal(exp! - iat!, 3_600);
    assert.equal(timestampMs(expiresAt!), exp! * 1_000);
  });

  test("is bound to the account that is named, if there is such an account", async () => {
    const scopes = ["core.read", "core.charge"];
    const { token } = await root.issueToken({ ...asked, scopes, accountId: "acme" });
    assert.equal(decodeJwt(token).account, "acme");
    assert.equal(
      await reasonOf(root.issueToken({ ...asked, scopes, accountId: "nobody" })),
      "ACCOUNT_NOT_FOUND",
    );
  });

  test("can be had as a link that works once", async () => {
    const link = await root.issueToken({ ...asked, accountId: "acme", asLink: true });
    assert.equal(link.token, "");
    assert.match(link.linkUrl, /^https:\/\/billing\.example\/sign-in#link=[A-Za-z0-9_-]{43}$/);
    const leftMs = timestampMs(link.linkExpiresAt!) - Date.now();
    assert.ok(leftMs > 14 * 60_000 && leftMs <= 15 * 60_000);
    const secret = link.linkUrl.split("=")[1]!;
    const redeemed = await Promise.allSettled([1, 2, 3].map(() => admin.tokens.redeemLink(secret)));
    assert.deepEqual(redeemed.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"]);
    const [won] = redeemed.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    assert.deepEqual([won?.tokenId, won?.accountId, won?.scopes], [link.tokenId, "acme", asked.scopes]);
    await assert.rejects(admin.tokens.redeemLink(secret), { reason: "LINK_INVALID" });
  });

  test("as a link is kept as a digest alone, and no longer than the link works", async () => {
    const ttl = durationFromMs(60_000);
    for (const [life, lastsMs] of [
      [{}, 15 * 60_000],
      [{ ttl }, 60_000],
    ] as const) {
      const { linkUrl, linkExpiresAt } = await root.issueToken({
        ...asked,
        ...life,
        accountId: "acme",
        asLink: true,
      });
      const secret = linkUrl.split("=")[1]!;
      const key = `{admin}:session-link:${createHash("sha256").update(secret).digest("base64url")}`;
      const leftMs = await redis.command<number>(key, ["PTTL", key]);
      assert.ok(leftMs > lastsMs - 30_000 && leftMs <= lastsMs, String(leftMs));
      assert.ok(timestampMs(linkExpiresAt!) - Date.now() <= lastsMs);
      const kept = await redis.command<string>(key, ["GET", key]);
      assert.ok(!kept.includes(secret) && !kept.includes("eyJ"), "neither the secret nor a token is kept");
      await redis.command(key, ["PEXPIRE", key, "1"]);
      await eventually(async () => assert.equal(await redis.command(key, ["EXISTS", key]), 0));
      await assert.rejects(admin.tokens.redeemLink(secret), { reason: "LINK_INVALID" });
    }
  });

  test("whose link was not used can still be revoked", async () => {
    const { linkUrl, tokenId } = await root.issueToken({ ...asked, accountId: "acme", asLink: true });
    await root.revokeToken({ target: { case: "tokenId", value: tokenId }, reason });
    const secret = linkUrl.split("=")[1]!;
    await assert.rejects(admin.tokens.redeemLink(secret), { reason: "TOKEN_REVOKED" });
    await assert.rejects(admin.tokens.redeemLink(secret), { reason: "LINK_INVALID" });
  });

  const refusals: ReadonlyArray<
    [what: string, change: MessageInitShape<typeof IssueTokenRequestSchema>, expected: string]
  > = [
    ["a scope that does not exist", { scopes: ["core.everything"] }, "SCOPE_NOT_GRANTABLE"],
    ["money for an account", { scopes: ["core.fund"], accountId: "acme" }, "SCOPE_NOT_FOR_ACCOUNTS"],
    [
      "operators' scopes for an account",
      { scopes: ["admin.manage"], accountId: "acme" },
      "SCOPE_NOT_FOR_ACCOUNTS",
    ],
    ["a link without an account", { asLink: true }, "REQUEST_INVALID"],
    ["the subject of a service", { subject: "service:core" }, "REQUEST_INVALID"],
    ["the subject of an admin key", { subject: "key:configured" }, "REQUEST_INVALID"],
    ["a life of less than a minute", { ttl: durationFromMs(59_000) }, "REQUEST_INVALID"],
    ["a life of more than 90 days", { ttl: durationFromMs(90 * 24 * hourMs + 1_000) }, "REQUEST_INVALID"],
    ["no reason", { reason: "" }, "REQUEST_INVALID"],
    ["no scope", { scopes: [] }, "REQUEST_INVALID"],
  ];
  for (const [what, change, expected] of refusals) {
    test(`is refused with ${what}`, async () => {
      assert.equal(await reasonOf(root.issueToken({ ...asked, ...change })), expected);
    });
  }

  test("never has a scope that its issuer lacks", async () => {
    const { secret } = await root.createAdminKey({ name: "Ada", role: AdminRole.ADMIN, reason });
    assert.equal(await reasonOf(admin.client({ "x-admin-key": secret }).issueToken(asked)), "OK");
    const issuer = bearer(await testToken({ scopes: ["admin.manage", "core.read"] }));
    assert.equal(await reasonOf(issuer.issueToken({ ...asked, scopes: ["core.read"] })), "OK");
    assert.deepEqual(
      await failureOf(issuer.issueToken({ ...asked, scopes: ["core.read", "core.fund"] })).then((failure) => [
        failure?.reason,
        failure?.metadata.scope,
      ]),
      ["SCOPE_NOT_GRANTABLE", "core.fund"],
    );
  });

  test("is audited with what it may do, and never itself", async () => {
    const { token, tokenId } = await root.issueToken(asked);
    const { entries } = await root.listAuditLog({ targetId: tokenId });
    assert.equal(entries.length, 1);
    const after = JSON.parse(entries[0]!.afterJson);
    assert.deepEqual([after.subject, after.scopes], ["gateway", ["admin.read"]]);
    assert.ok(!JSON.stringify(entries, (_, value) => String(value)).includes(token.split(".")[2]!));
  });
});

describe("a revoked token", () => {
  for (const by of ["token", "tokenId"] as const) {
    test(`is refused when it is named by its ${by}`, async () => {
      const { token, tokenId, expiresAt } = await root.issueToken(asked);
      const client = bearer(token);
      assert.equal(await look(client), "OK");
      const target = { case: by, value: by === "token" ? token : tokenId };
      const revoked = await root.revokeToken({ target, reason });
      assert.deepEqual([revoked.tokenId, revoked.alreadyRevoked], [tokenId, false]);
      assert.ok(timestampMs(revoked.revokedUntil!) > timestampMs(expiresAt!));
      await eventually(async () => assert.equal(await look(client), "TOKEN_REVOKED"));
      assert.equal((await root.revokeToken({ target, reason })).alreadyRevoked, true);
    });
  }

  test("may have expired already", async () => {
    const token = await testToken({ ttlSeconds: -600 });
    const revoked = await root.revokeToken({ target: { case: "token", value: token }, reason });
    assert.equal(revoked.tokenId, decodeJwt(token).jti);
  });

  const strangers: ReadonlyArray<[what: string, token: (good: string) => string]> = [
    ["is no token", () => "a.b.c"],
    ["was altered", (good) => good.replace(/\.[^.]*\./, ".e30.")],
    ["has another signature", (good) => `${good.slice(0, -8)}AAAAAAAA`],
  ];
  for (const [what, tokenOf] of strangers) {
    test(`that ${what} is not readable`, async () => {
      const value = tokenOf(await testToken());
      assert.equal(
        await reasonOf(root.revokeToken({ target: { case: "token", value }, reason })),
        "TOKEN_NOT_READABLE",
      );
    });
  }
});
