import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { testSecret } from "#platform/testing/service.ts";
import { redis, server } from "#platform/testing/shared-redis.ts";
import { createAuditKeys } from "./domain/audit/audit-keys.ts";
import { createAuditLog } from "./domain/audit/audit-log.ts";
import { AuditStore } from "./store/audit-store.ts";

const adminKey = "kR7vN2pX9sB4mQ8wT1yC6zL3dF5gH0jA";

async function run(...words: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [new URL("./audit-command.ts", import.meta.url).pathname, ...words], {
    env: { PATH: process.env.PATH, JWT_SECRET: testSecret, ADMIN_KEY: adminKey, REDIS_URL: server.url },
  });
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, output: output + errors };
}

test("the command verifies the log and erases personal data from it", async () => {
  const store = new AuditStore(redis);
  const auditLog = createAuditLog({ store, keys: createAuditKeys([adminKey]), onEntry: () => {} });
  await auditLog.append(
    {
      actor: { type: "system", subject: "test", keyId: "", tokenId: "" },
      action: "test",
      targetType: "account",
      targetId: "acme",
      accountId: "acme",
      before: { labels: { email: "boss@acme.example" } },
      reason: "",
      requestId: "",
      address: "",
    },
    { result: "succeeded", errorReason: "" },
  );
  const { hmac } = await store.readHead();
  assert.deepEqual(await run("erase", "acme", "asked for by letter"), {
    code: 0,
    output: "personal data of acme were erased from 1 entries\n",
  });
  const verified = await run("verify", "1", hmac);
  assert.equal(verified.code, 0);
  assert.match(verified.output, /^2 entries are as they were written; head 2 [0-9a-f]{64}\n$/);
  const differs = await run("verify", "1", "a".repeat(64));
  assert.deepEqual([differs.code, /head_differs/.test(differs.output)], [1, true]);
  assert.equal((await run("unknown")).code, 2);
});
