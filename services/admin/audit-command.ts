/**
 * The audit log from a terminal, with the settings of Admin in the environment:
 *
 *   node services/admin/audit-command.ts verify [KNOWN_SEQUENCE KNOWN_HMAC]
 *   node services/admin/audit-command.ts erase ACCOUNT_ID REASON
 *   node services/admin/audit-command.ts archive BEFORE FILE
 *   node services/admin/audit-command.ts verify-archive FILE
 *
 * `verify` and `verify-archive` end with 1 if an entry is not as it was written. `erase` takes the values of an
 * account's labels out of the log. `archive` moves entries from before a time, such as 2026-01-01, into a new file.
 */
import { loadConfig } from "#platform/config/load-config.ts";
import { connectRedis } from "#platform/redis/redis.ts";
import { readArchiveFile, writeArchiveFile } from "./audit-archive-file.ts";
import { adminSettings, auditSecrets } from "./config.ts";
import { archiveEntries, verifyArchive } from "./domain/audit/audit-archive.ts";
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
  async archive(store, keys, before, path) {
    const beforeMs = Date.parse(before);
    if (Number.isNaN(beforeMs) || path === "")
      throw new Error("archive needs a time and the path of a new file");
    const auditLog = createAuditLog({ store, keys, onEntry: () => {} });
    const reason = `entries before ${before}`;
    const facts = await archiveEntries({ store, keys, auditLog }, beforeMs, reason, (lines) =>
      writeArchiveFile(path, lines),
    );
    say(
      facts === undefined
        ? `no thousand entries are older than ${before}; nothing was archived`
        : `entries ${facts.from_sequence} to ${facts.to_sequence} are in ${path}, SHA-256 ${facts.file_sha256}; last HMAC ${facts.hmac}`,
    );
    return true;
  },
  async "verify-archive"(store, keys, path) {
    const { head, fault, lastHmac } = await verifyArchive({ store, keys }, () => readArchiveFile(path));
    if (fault !== undefined) {
      say(`entry ${fault.sequence}: ${fault.kind}: ${fault.description}`);
      return false;
    }
    const entries = `entries ${head.fromSequence} to ${head.toSequence} are as they were written`;
    say(`${entries}; they follow HMAC ${head.previousHmac} and end with HMAC ${lastHmac}`);
    const cut = await store.readCut();
    if (cut.sequence !== head.toSequence) return true;
    say(cut.hmac === lastHmac ? "the log goes on from there" : "the log goes on from another HMAC");
    return cut.hmac === lastHmac;
  },
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const [name = "", first = "", second = ""] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  process.stderr.write(
    "usage: audit-command.ts verify [SEQUENCE HMAC] | erase ACCOUNT_ID REASON | archive BEFORE FILE | verify-archive FILE\n",
  );
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
