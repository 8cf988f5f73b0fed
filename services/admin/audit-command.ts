/**
 * The audit log from a terminal, with the settings of Admin in the environment:
 *
 *   node services/admin/audit-command.ts verify [KNOWN_SEQUENCE KNOWN_HMAC]
 *   node services/admin/audit-command.ts erase ACCOUNT_ID REASON
 *
 * `verify` ends with 1 if an entry is not as it was written. `erase` takes the values of an account's labels out of
 * the log.
 */
import { loadConfig } from "#platform/config/load-config.ts";
import { connectRedis } from "#platform/redis/redis.ts";
import { adminSettings, auditSecrets } from "./config.ts";
import { erasePersonalDataOf } from "./domain/audit/audit-erasure.ts";
import { createAuditKeys } from "./domain/audit/audit-keys.ts";
import { createAuditLog } from "./domain/audit/audit-log.ts";
import { type KnownEntry, verifyAuditLog } from "./domain/audit/audit-verifier.ts";
import { AuditStore } from "./store/audit-store.ts";

type Keys = ReturnType<typeof createAuditKeys>;
type Command = (store: AuditStore, keys: Keys, first: string, second: string) => Promise<boolean>;

const commands: Readonly<Record<string, Command>> = {
  async verify(store, keys, sequence, hmac) {
    const known: KnownEntry | undefined = sequence === "" ? undefined : { sequence: Number(sequence), hmac };
    let checked = 0;
    for (let from = 0; ; ) {
      const found = await verifyAuditLog({ store, keys }, { fromSequence: from, toSequence: 0 }, known);
      checked += found.checkedCount;
      if (found.fault !== undefined) {
        say(`entry ${found.fault.sequence}: ${found.fault.kind}: ${found.fault.description}`);
        return false;
      }
      if (found.nextSequence === 0) {
        say(`${checked} entries are as they were written; head ${found.head.sequence} ${found.head.hmac}`);
        return true;
      }
      from = found.nextSequence;
    }
  },
  async erase(store, keys, accountId, reason) {
    if (accountId === "" || reason.length < 3) throw new Error("erase needs an account's id and a reason");
    const auditLog = createAuditLog({ store, keys, onEntry: () => {} });
    const count = await erasePersonalDataOf({ store, auditLog }, accountId, reason);
    say(`personal data of ${accountId} were erased from ${count} entries`);
    return true;
  },
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const [name = "", first = "", second = ""] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  process.stderr.write("usage: audit-command.ts verify [SEQUENCE HMAC] | erase ACCOUNT_ID REASON\n");
  process.exit(2);
}
const settings = loadConfig(adminSettings, process.env);
const redis = await connectRedis({
  urls: settings.REDIS_URL.split(","),
  cluster: settings.REDIS_CLUSTER,
  name: "holdfast-audit",
});
try {
  const keys = createAuditKeys(auditSecrets(settings));
  if (!(await command(new AuditStore(redis), keys, first, second))) process.exitCode = 1;
} finally {
  await redis.close();
}
