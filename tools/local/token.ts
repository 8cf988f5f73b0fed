/**
 * Mints a token for development, signed with this checkout's JWT_SECRET. Prints the token alone.
 *
 *   ACCOUNT=acme SCOPES=core.read,core.charge TTL=15m node tools/local/token.ts
 */
import { readFileSync } from "node:fs";
import { signToken, type TokenClaims } from "#platform/access/token.ts";
import { secretsPath } from "./data-folders.ts";
import { listScopes } from "./scopes.ts";
import { ensureSecrets, loadSecrets } from "./secrets.ts";

const defaultTtlSeconds = 3_600;
const longestTtlSeconds = 30 * 86_400;
const secondsByUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * Reads ACCOUNT (unset: no account, the token may act on all), SCOPES (separated by comma or space; unset:
 * all) and TTL (`90`, `90s`, `15m`, `1h`, `7d`; unset: an hour).
 *
 * @throws Error that names the variable and what it may be.
 */
export function readTokenClaims(environment: NodeJS.ProcessEnv): TokenClaims {
  const account = environment.ACCOUNT ?? "";
  if (!/^[A-Za-z0-9_.:@-]{0,128}$/.test(account)) {
    throw new Error("ACCOUNT must be 1 to 128 of letters, digits and _ . : @ -");
  }
  const known = listScopes();
  const scopes = (environment.SCOPES ?? "").split(/[\s,]+/).filter((scope) => scope !== "");
  const unknown = scopes.filter((scope) => !known.includes(scope));
  if (unknown.length > 0) {
    throw new Error(`SCOPES has unknown ${unknown.join(", ")}; there are ${known.join(", ")}`);
  }
  const ttl = environment.TTL ?? "";
  return {
    subject: "dev:local",
    scopes: scopes.length === 0 ? known : scopes,
    ttlSeconds: ttl === "" ? defaultTtlSeconds : parseTtl(ttl),
    ...(account === "" ? {} : { account }),
  };
}

/**
 * The secret that the services verify with: JWT_SECRET, or the content of the file JWT_SECRET_FILE.
 *
 * @throws Error if it is missing or shorter than 32 characters.
 */
export function readSigningSecret(environment: NodeJS.ProcessEnv): Uint8Array {
  const file = environment.JWT_SECRET_FILE ?? "";
  const secret = file === "" ? (environment.JWT_SECRET ?? "") : readFileSync(file, "utf8").trim();
  if (secret.length < 32) {
    throw new Error("JWT_SECRET must have at least 32 characters");
  }
  return new TextEncoder().encode(secret);
}

function parseTtl(text: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text);
  const seconds = match === null ? 0 : Number(match[1]) * secondsByUnit[match[2] || "s"]!;
  if (seconds < 1 || seconds > longestTtlSeconds) {
    throw new Error(`TTL=${text} must be like 90s, 15m, 1h or 7d, at most 30d`);
  }
  return seconds;
}

if (import.meta.main) {
  try {
    ensureSecrets(secretsPath);
    const environment = loadSecrets(secretsPath, process.env);
    const { token } = await signToken(readSigningSecret(environment), readTokenClaims(environment));
    process.stdout.write(`${token}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
