import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { LedgerStore } from "../store/ledger-store.ts";
import { LedgerFault } from "../store/store-fault.ts";
import { auditAccount } from "../store/testing/account-audit.ts";
import { dumpKeys } from "../store/testing/test-store.ts";
import { CoreError } from "./core-error.ts";
import { prepareAccount, writingOperations } from "./testing/hazards/hazardous-account.ts";
import { ledgerOf, startTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let shared: TestLedger;
before(async () => {
  shared = await startTestLedger({ port: true });
});
after(() => shared.stop());

const writeCommands = ["hset", "rpush", "xadd", "zadd", "zrem", "hdel", "pexpireat"];
for (const forbidden of writeCommands) {
  test(`without permission for ${forbidden} an operation happens wholly or not at all`, async () => {
    const user = `no-${forbidden}`;
    await shared.command("ACL", "SETUSER", user, "on", ">secret", "~*", "+@all", `-${forbidden}`);
    const url = shared.server.url.replace("//", `//${user}:secret@`);
    const redis = await connectTestRedis(url, { name: "restricted" });
    try {
      let refused = 0;
      const all = Object.entries(writingOperations);
      for (const [name, operation, hasGrants] of [false, true].flatMap((each) =>
        all.map(([name, operation]) => [name, operation, each] as const),
      )) {
        const prepared = await prepareAccount(shared, hasGrants);
        const before = await dumpKeys(shared);
        const restricted = ledgerOf(shared, new LedgerStore(redis));
        try {
          await operation(restricted, prepared);
        } catch (error) {
          if (error instanceof CoreError && error.reason === "RESERVATION_EXPIRED") continue;
          assert.ok(error instanceof LedgerFault && /NOPERM/.test(error.message), `${name}: ${error}`);
          assert.deepEqual(await dumpKeys(shared), before, name);
          refused += 1;
        }
        await auditAccount(shared, prepared.accountId);
      }
      assert.ok(refused > 0);
    } finally {
      await redis.close();
    }
  });
}
