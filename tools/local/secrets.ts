/**
 * The secrets of this checkout: random ones in `.env`, made on first use. Services never read the file; the
 * launcher hands its content on.
 *
 *   node tools/local/secrets.ts
 */
import { randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { secretsPath } from "./data-folders.ts";

/** What `.env` holds at least. */
const secretNames = ["JWT_SECRET", "ADMIN_KEY", "AUDIT_KEY", "CHANNEL_KEY", "REDIS_PASSWORD"] as const;

const header = "# Secrets of this checkout, made at random. Delete the file to get new ones.\n";

/** 256 random bits in characters that need no quoting in a URL, a shell or a .env file. */
export function makeSecret(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * Adds the secrets that the file at `path` lacks, never changing one that is there, and makes it readable by
 * its owner alone. Returns the names of those added.
 */
export function ensureSecrets(path: string): string[] {
  if (!existsSync(path)) {
    try {
      writeFileSync(path, header, { flag: "wx", mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
        throw error;
      }
    }
  }
  chmodSync(path, 0o600);
  const text = readFileSync(path, "utf8");
  const present = parseEnv(text);
  const missing = secretNames.filter((name) => !(name in present));
  if (missing.length > 0) {
    const separator = text === "" || text.endsWith("\n") ? "" : "\n";
    const lines = missing.map((name) => `${name}=${makeSecret()}\n`);
    appendFileSync(path, separator + lines.join("") + earlierAuditKey(present));
  }
  return missing;
}

/** Without AUDIT_KEY the audit log was sealed with ADMIN_KEY: its entries are still to be checked. */
function earlierAuditKey({ ADMIN_KEY: key, AUDIT_KEY, AUDIT_KEYS_PREVIOUS }: NodeJS.Dict<string>): string {
  const wasSealing = key !== undefined && AUDIT_KEY === undefined && AUDIT_KEYS_PREVIOUS === undefined;
  return wasSealing && /^[\w-]{32,}$/.test(key) ? `AUDIT_KEYS_PREVIOUS=${key}\n` : "";
}

/**
 * The environment with what the file adds to it. What the environment has wins, also in its `_FILE` form
 * (services refuse both forms at once).
 */
export function loadSecrets(path: string, environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const stored = Object.entries(parseEnv(readFileSync(path, "utf8")));
  const added = stored.filter(
    ([name]) => environment[name] === undefined && environment[`${name}_FILE`] === undefined,
  );
  return { ...environment, ...Object.fromEntries(added) };
}

if (import.meta.main) {
  const added = ensureSecrets(secretsPath);
  process.stdout.write(added.length > 0 ? `Wrote ${added.join(", ")} to .env\n` : ".env has all secrets\n");
}
