import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis } from "#platform/testing/redis-server.ts";
import { reasonOf, startCore } from "./testing/running-core.ts";

test("on a Redis that came back empty Core is not ready and refuses, and serves again on the old data", async () => {
  const core = await startCore({ redis: { port: true } });
  try {
    const client = await core.client();
    const create = () => client.createAccount({ accountId: "a", currencyCode: "USD" });
    await create();
    await core.server.kill();
    const empty = await startRedis({ settings: { port: String(core.server.port), bind: "127.0.0.1" } });
    await eventually(async () => {
      const { ready, text } = await core.readiness();
      assert.equal(ready, false);
      assert.match(text, /256 of 256 buckets: its genesis is gone: the primary came back empty/);
    });
    assert.equal(await reasonOf(create()), "STORE_UNAVAILABLE");
    assert.equal(await reasonOf(client.listAccounts({})), "STORE_UNAVAILABLE", "not an empty list");
    await empty.stop();
    await core.server.restart();
    await eventually(async () => assert.equal((await core.readiness()).ready, true));
    assert.equal((await client.getBalance({ accountId: "a" })).balance?.accountId, "a");
  } finally {
    await core.stop();
  }
});
