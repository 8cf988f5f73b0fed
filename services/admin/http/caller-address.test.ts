import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClientAddress } from "#platform/server/client-address.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { listAuditEntries } from "../domain/audit/audit-reader.ts";
import { startStatsDoors } from "../testing/stats-door.ts";
import { testAdminKey } from "../testing/test-door.ts";

let doors: Awaited<ReturnType<typeof startStatsDoors>>;

before(async () => {
  doors = await startStatsDoors();
});

after(() => doors?.stop());

/** Requests of an address, as the header says; the connection comes from this machine. */
async function statuses(baseUrl: string, addresses: readonly string[]): Promise<number[]> {
  const found: number[] = [];
  for (const address of addresses) {
    const headers = { "x-forwarded-for": address, "x-admin-key": testAdminKey };
    found.push((await fetch(`${baseUrl}/admin/stats`, { headers })).status);
  }
  return found;
}

describe("the bound of requests", () => {
  test("holds for each caller behind a trusted proxy, by itself", async () => {
    const door = await doors.open({ ADMIN_REQUESTS_PER_MINUTE: 2 }, createClientAddress("127.0.0.0/8"));
    const [first, second] = ["203.0.113.1", "203.0.113.2"];
    try {
      const found = await statuses(door.baseUrl, [first, first, first, second, `${first}, ${second}`]);
      assert.deepEqual(found, [200, 200, 429, 200, 200]);
      assert.deepEqual(await statuses(door.baseUrl, [second]), [429]);
    } finally {
      await door.drain();
    }
  });

  test("can't be escaped by a header where no proxy is trusted", async () => {
    const door = await doors.open({ ADMIN_REQUESTS_PER_MINUTE: 2 });
    try {
      const found = await statuses(door.baseUrl, ["203.0.113.3", "203.0.113.4", "203.0.113.5"]);
      assert.deepEqual(found, [200, 200, 429]);
    } finally {
      await door.drain();
    }
  });
});

test("the audit log names the caller behind a trusted proxy, for sessions and for calls", async () => {
  const door = await doors.open({}, createClientAddress("127.0.0.1"));
  try {
    const headers = { "x-forwarded-for": "203.0.113.9", "x-admin-key": testAdminKey };
    assert.equal((await fetch(`${door.baseUrl}/session`, { method: "POST", headers })).status, 200);
    const wrong = { ...headers, authorization: "Bearer x", "content-type": "application/json" };
    await fetch(`${door.baseUrl}/admin/keys`, { method: "POST", headers: wrong, body: "{}" });
    const filter = { actorKeyId: "", actorSubject: "", actionPrefix: "", targetType: "", targetId: "" };
    const rest = { accountId: "", result: undefined, requestId: "", startMs: undefined, endMs: undefined };
    await eventually(async () => {
      const { auditStore } = door.operations;
      const { entries } = await listAuditEntries(auditStore, { ...filter, ...rest }, 10, undefined);
      assert.ok(entries.length > 0);
      assert.deepEqual([...new Set(entries.map(({ address }) => address))], ["203.0.113.9"]);
    });
  } finally {
    await door.drain();
  }
});
