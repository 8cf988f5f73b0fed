import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { durationFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { AdminKeyState, AdminRole } from "#gen/billing/admin/v1/admin_key_pb.ts";
import { AuditResult } from "#gen/billing/admin/v1/audit_pb.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { AdminKeyStore } from "../store/admin-key-store.ts";
import {
  type AdminClient,
  configuredKey,
  failureOf,
  reasonOf,
  startTestAdmin,
  type TestAdmin,
} from "../testing/test-admin.ts";

let server: TestRedis;
let redis: Redis;
let admin: TestAdmin;
let root: AdminClient;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  admin = await startTestAdmin({ redis, coreUrl: "http://127.0.0.1:1" });
  root = admin.client();
});
beforeEach(async () => {
  await redis.command("", ["FLUSHALL"]);
});
after(async () => {
  await admin?.drain();
  await redis?.close();
  await server?.stop();
});

const reason = "for the test";
const hourMs = 3_600_000;

async function createKey(role: AdminRole = AdminRole.VIEWER, name = "Ada") {
  const { adminKey, secret } = await root.createAdminKey({ name, role, reason });
  assert.ok(adminKey);
  return { key: adminKey, secret, client: admin.client({ "x-admin-key": secret }) };
}

/** A call that every role may make. */
const look = (client: AdminClient) => reasonOf(client.listAuditLog({}));

describe("an admin key", () => {
  test("is shown once, works at once, and is kept without its secret", async () => {
    const { key, secret, client } = await createKey(AdminRole.FINANCE);
    assert.match(secret, /^hfk_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/);
    assert.equal(await look(client), "OK");
    const { adminKeys } = await root.listAdminKeys({});
    const [configured, listed] = adminKeys;
    assert.deepEqual(
      [configured?.keyId, configured?.configured, configured?.role, configured?.lastCharacters],
      ["configured", true, AdminRole.ADMIN, configuredKey.slice(-4)],
    );
    assert.equal(listed?.keyId, key.keyId);
    assert.deepEqual(
      [listed?.name, listed?.role, listed?.state, listed?.lastCharacters, listed?.createdByKeyId],
      ["Ada", AdminRole.FINANCE, AdminKeyState.ACTIVE, secret.slice(-4), "configured"],
    );
    const lifeMs = timestampMs(listed!.expiresAt!) - timestampMs(listed!.createdAt!);
    assert.equal(lifeMs, 90 * 24 * hourMs);
    const keys = await redis.command<string[]>("", ["KEYS", "*"]);
    for (const name of keys) {
      const dump = await redis.command<string>(name, ["DUMP", name]);
      assert.ok(!dump.includes(secret.slice(-43)), `${name} holds no secret`);
    }
  });

  test("tells when and from where it was used", async () => {
    const { key, client } = await createKey();
    await look(client);
    await eventually(async () => {
      const { adminKeys } = await root.listAdminKeys({});
      const used = adminKeys.find(({ keyId }) => keyId === key.keyId);
      assert.ok(used?.lastUsedAt && Math.abs(timestampMs(used.lastUsedAt) - Date.now()) < 60_000);
      assert.match(used.lastUsedAddress, /127\.0\.0\.1$/);
    });
  });

  test("gets a new secret; the old one works for the overlap alone", async () => {
    const { key, client } = await createKey();
    const overlap = durationFromMs(hourMs);
    const rotated = await root.rotateAdminKey({ keyId: key.keyId, expectedVersion: 1n, overlap, reason });
    const after = admin.client({ "x-admin-key": rotated.secret });
    await eventually(async () => assert.equal(await look(after), "OK"));
    assert.equal(await look(client), "OK");
    assert.deepEqual([rotated.adminKey?.version, rotated.adminKey?.keyId], [2n, key.keyId]);
    const leftMs = timestampMs(rotated.adminKey!.previousValidUntil!) - Date.now();
    assert.ok(leftMs > hourMs - 60_000 && leftMs <= hourMs);

    const again = await root.rotateAdminKey({ keyId: key.keyId, expectedVersion: 2n, reason });
    assert.equal(again.adminKey?.previousValidUntil, undefined);
    await eventually(async () => assert.equal(await look(after), "ADMIN_KEY_INVALID"));
    assert.equal(await look(client), "ADMIN_KEY_INVALID");
    assert.equal(await look(admin.client({ "x-admin-key": again.secret })), "OK");
  });

  test("is revoked, with its old secret, for good", async () => {
    const { key, client } = await createKey();
    const overlap = durationFromMs(hourMs);
    const rotated = await root.rotateAdminKey({ keyId: key.keyId, expectedVersion: 1n, overlap, reason });
    const clients = [client, admin.client({ "x-admin-key": rotated.secret })];
    for (const each of clients) await eventually(async () => assert.equal(await look(each), "OK"));
    const { adminKey } = await root.revokeAdminKey({ keyId: key.keyId, reason });
    assert.equal(adminKey?.state, AdminKeyState.REVOKED);
    await eventually(async () => assert.equal(await look(clients[1]!), "ADMIN_KEY_REVOKED"));
    assert.equal(await look(client), "ADMIN_KEY_INVALID", "its digest is gone");
    const again = await root.revokeAdminKey({ keyId: key.keyId, expectedVersion: 7n, reason });
    assert.deepEqual(again.adminKey?.revokedAt, adminKey?.revokedAt);
    const asked = { keyId: key.keyId, expectedVersion: again.adminKey!.version, reason };
    assert.deepEqual(
      await failureOf(root.rotateAdminKey(asked)).then((failure) => failure?.reason),
      "ADMIN_KEY_NOT_ACTIVE",
    );
  });

  test("is listed newest first, by state, page by page", async () => {
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.unshift((await createKey()).key.keyId);
    await root.revokeAdminKey({ keyId: ids[2]!, reason });
    const walk = async (state: AdminKeyState) => {
      const found: string[] = [];
      let pageToken = "";
      do {
        const page = await root.listAdminKeys({ state, pageSize: 2, pageToken });
        found.push(...page.adminKeys.map(({ keyId }) => keyId));
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      return found;
    };
    const all = await walk(AdminKeyState.UNSPECIFIED);
    assert.equal(all[0], "configured");
    assert.deepEqual(all.slice(1).sort(), ids.toSorted());
    assert.deepEqual(await walk(AdminKeyState.REVOKED), [ids[2]]);
    const { nextPageToken } = await root.listAdminKeys({ pageSize: 2 });
    const other = root.listAdminKeys({ pageSize: 2, pageToken: nextPageToken, state: AdminKeyState.ACTIVE });
    assert.equal(await reasonOf(other), "PAGE_TOKEN_INVALID");
  });
});

describe("what is refused, changing nothing", () => {
  const refusals: ReadonlyArray<
    [what: string, call: (client: AdminClient, keyId: string) => Promise<unknown>, reason: string]
  > = [
    [
      "rotating an unknown key",
      (client) => client.rotateAdminKey({ keyId: "ak_0", expectedVersion: 1n, reason }),
      "ADMIN_KEY_NOT_FOUND",
    ],
    [
      "revoking an unknown key",
      (client) => client.revokeAdminKey({ keyId: "ak_0", reason }),
      "ADMIN_KEY_NOT_FOUND",
    ],
    [
      "rotating the configured key",
      (client) => client.rotateAdminKey({ keyId: "configured", expectedVersion: 1n, reason }),
      "ADMIN_KEY_CONFIGURED",
    ],
    [
      "revoking the configured key",
      (client) => client.revokeAdminKey({ keyId: "configured", reason }),
      "ADMIN_KEY_CONFIGURED",
    ],
    [
      "rotating at another version",
      (client, keyId) => client.rotateAdminKey({ keyId, expectedVersion: 2n, reason }),
      "VERSION_MISMATCH",
    ],
    [
      "revoking at another version",
      (client, keyId) => client.revokeAdminKey({ keyId, expectedVersion: 2n, reason }),
      "VERSION_MISMATCH",
    ],
  ];
  for (const [what, call, expected] of refusals) {
    test(`${what}, which is audited`, async () => {
      const { key, client } = await createKey();
      assert.equal(await reasonOf(call(root, key.keyId)), expected);
      assert.equal(await look(client), "OK");
      const { entries } = await root.listAuditLog({});
      const [entry] = entries;
      assert.deepEqual([entry?.result, entry?.errorReason], [AuditResult.REFUSED, expected]);
    });
  }

  test("more than 500 active keys", async () => {
    const { key } = await createKey();
    const store = new AdminKeyStore(redis);
    const stored = await store.get(key.keyId);
    const copies = Array.from({ length: 499 }, (_, index) => store.put(`ak_${index}`, stored!.value, 0));
    await Promise.all(copies);
    assert.deepEqual(await failureOf(createKey()).then((failure) => failure?.metadata.limit), "500");
    await root.revokeAdminKey({ keyId: key.keyId, reason });
    assert.equal(await reasonOf(createKey()), "OK");
  });

  test("a key that may do more than whoever asks for it", async () => {
    const { key, secret } = await createKey(AdminRole.FINANCE);
    const authorization = `Bearer ${await testToken({ scopes: ["admin.manage"] })}`;
    const client = admin.client({ authorization });
    const calls = [
      client.createAdminKey({ name: "x", role: AdminRole.VIEWER, reason }),
      client.rotateAdminKey({ keyId: key.keyId, expectedVersion: 1n, reason }),
    ];
    for (const call of calls) assert.equal(await reasonOf(call), "SCOPE_MISSING");
    assert.equal(await look(admin.client({ "x-admin-key": secret })), "OK");
  });
});

test("every change of a key is audited with who made it, before, after and why", async () => {
  const { key, client } = await createKey(AdminRole.ADMIN, "Grace");
  const { adminKey } = await client.createAdminKey({
    name: "Ada",
    role: AdminRole.VIEWER,
    reason: "new hire",
  });
  await client.revokeAdminKey({ keyId: adminKey!.keyId, reason: "left again" });
  const { entries } = await root.listAuditLog({ actorKeyId: key.keyId });
  assert.deepEqual(
    entries.map(({ actor, action, targetId, reason: why, result }) => [
      actor?.subject,
      action,
      targetId,
      why,
      result,
    ]),
    [
      [
        "Grace",
        "billing.admin.v1.AdminService/RevokeAdminKey",
        adminKey!.keyId,
        "left again",
        AuditResult.SUCCEEDED,
      ],
      [
        "Grace",
        "billing.admin.v1.AdminService/CreateAdminKey",
        adminKey!.keyId,
        "new hire",
        AuditResult.SUCCEEDED,
      ],
    ],
  );
  const [revoked] = entries;
  assert.deepEqual(
    [JSON.parse(revoked!.beforeJson).state, JSON.parse(revoked!.afterJson).state],
    ["active", "revoked"],
  );
  assert.equal((await root.verifyAuditLog({})).valid, true);
});
