import type { StoredDocument } from "#platform/documents/document.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { AdminKeyRecord, AdminKeyStore, LastUse } from "../../store/admin-key-store.ts";
import { AdminError } from "../admin-error.ts";
import { auditChange } from "../audit/audit-change.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { attemptOf, type ChangeOrigin } from "../audit/change-origin.ts";
import { type AdminKey, configuredKeyHolder, configuredKeyId, stateOf } from "./admin-key.ts";
import { createKeyId, createSecret, digestOf } from "./key-secret.ts";
import { type Role, scopesOf } from "./roles.ts";

/** Who asks, and what they may do. */
export interface KeyChangeOrigin extends ChangeOrigin {
  readonly scopes: ReadonlySet<string>;
}

/** A key as it is asked for. */
export interface KeyCreation {
  readonly name: string;
  readonly role: Role;
  readonly ttlMs: number;
  readonly reason: string;
}

/** A new secret as it is asked for. */
export interface KeyRotation {
  readonly keyId: string;
  readonly expectedVersion: number;
  /** How long the secret before goes on working. */
  readonly overlapMs: number;
  readonly ttlMs: number;
  readonly reason: string;
}

export interface KeyRevocation {
  readonly keyId: string;
  /** 0: whatever it is. */
  readonly expectedVersion: number;
  readonly reason: string;
}

/** A key with its secret, which is shown only once. */
export interface KeyWithSecret {
  readonly key: AdminKey;
  readonly secret: string;
}

/** What changing keys needs. */
export interface AdminKeysParts {
  readonly store: AdminKeyStore;
  readonly auditLog: AuditLog;
  /** Last four characters of ADMIN_KEY. */
  readonly configuredLastCharacters: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Keys that may be active at once; a bound on runaway programs, so two at the same moment may pass it by one. */
const mostActiveKeys = 500;
/** How often another change may come first. */
const attempts = 5;
const shownCharacters = 4;
const targetType = "admin_key";

/** Creates, shows and ends admin keys. Errors are those that the contract states for each method. */
export class AdminKeys {
  readonly #parts: AdminKeysParts;

  constructor(parts: AdminKeysParts) {
    this.#parts = parts;
  }

  async create({ name, role, ttlMs, reason }: KeyCreation, origin: KeyChangeOrigin): Promise<KeyWithSecret> {
    const { store, now } = this.#parts;
    const keyId = createKeyId();
    const secret = createSecret(keyId);
    const change = async () => {
      requireScopes(origin.scopes, role);
      await this.#requireRoom();
      const createdAtMs = now();
      const record: AdminKeyRecord = {
        name,
        role,
        digest: digestOf(secret),
        lastCharacters: secret.slice(-shownCharacters),
        createdAtMs,
        createdByKeyId: origin.actor.keyId,
        expiresAtMs: createdAtMs + ttlMs,
      };
      return this.#toKey(await store.put(keyId, record, 0), undefined);
    };
    const key = await this.#audited(origin, { keyId, reason, before: undefined }, change);
    return { key, secret };
  }

  /** All keys, the configured one first, then the newest first. */
  async list(): Promise<readonly AdminKey[]> {
    const { store, configuredLastCharacters } = this.#parts;
    const records = (await store.readAll()).toSorted(
      (left, right) => right.value.createdAtMs - left.value.createdAtMs || (left.id < right.id ? -1 : 1),
    );
    const lastUses = await store.lastUses([configuredKeyId, ...records.map(({ id }) => id)]);
    const configured: AdminKey = {
      ...configuredKeyHolder,
      state: "active",
      lastCharacters: configuredLastCharacters,
      createdAtMs: undefined,
      createdByKeyId: "",
      expiresAtMs: undefined,
      lastUse: lastUses[0],
      rotatedAtMs: undefined,
      previousValidUntilMs: undefined,
      revokedAtMs: undefined,
      configured: true,
      version: 1,
    };
    return [configured, ...records.map((record, index) => this.#toKey(record, lastUses[index + 1]))];
  }

  async rotate(asked: KeyRotation, origin: KeyChangeOrigin): Promise<KeyWithSecret> {
    const { store, now } = this.#parts;
    const { keyId, expectedVersion, reason } = asked;
    const secret = createSecret(keyId);
    const present = await this.#find(keyId);
    const change = async () => {
      const { value, version } = requireKey(keyId, present);
      requireScopes(origin.scopes, value.role);
      const state = stateOf(value, now());
      if (state !== "active") throw notActive(keyId, state);
      requireVersion(keyId, version, expectedVersion);
      const rotated = rotatedRecord(value, secret, asked, now());
      return this.#withLastUse(await store.put(keyId, rotated, version));
    };
    const before = present && shownInLog(this.#toKey(present, undefined));
    const key = await this.#audited(origin, { keyId, reason, before }, change);
    return { key, secret };
  }

  async revoke({ keyId, expectedVersion, reason }: KeyRevocation, origin: ChangeOrigin): Promise<AdminKey> {
    const first = await this.#find(keyId);
    const change = async () => {
      for (let attempt = 1; ; attempt++) {
        const present = requireKey(keyId, attempt === 1 ? first : await this.#find(keyId));
        if (present.value.revokedAtMs !== undefined) return this.#withLastUse(present);
        if (expectedVersion !== 0) requireVersion(keyId, present.version, expectedVersion);
        const { previous: _, ...value } = present.value;
        const revoked = { ...value, revokedAtMs: this.#parts.now() };
        try {
          return this.#withLastUse(await this.#parts.store.put(keyId, revoked, present.version));
        } catch (error) {
          const isRace = error instanceof CommonError && error.reason === "VERSION_MISMATCH";
          if (!isRace || expectedVersion !== 0 || attempt === attempts) throw error;
        }
      }
    };
    const before = first && shownInLog(this.#toKey(first, undefined));
    return this.#audited(origin, { keyId, reason, before }, change);
  }

  async #audited(
    origin: ChangeOrigin,
    { keyId, reason, before }: { keyId: string; reason: string; before: unknown },
    change: () => Promise<AdminKey>,
  ): Promise<AdminKey> {
    const attempt = attemptOf(origin, { targetType, targetId: keyId, reason, before });
    const { result } = await auditChange(this.#parts.auditLog, attempt, change, (key) => ({
      after: shownInLog(key),
    }));
    return result;
  }

  async #find(keyId: string): Promise<StoredDocument<AdminKeyRecord> | undefined> {
    return keyId === configuredKeyId ? undefined : this.#parts.store.get(keyId);
  }

  async #requireRoom(): Promise<void> {
    const { store, now } = this.#parts;
    const nowMs = now();
    const active = (await store.readAll()).filter(({ value }) => stateOf(value, nowMs) === "active");
    if (active.length < mostActiveKeys) return;
    throw new AdminError("ADMIN_KEY_LIMIT_REACHED", `there are ${mostActiveKeys} active admin keys`, {
      metadata: { limit: String(mostActiveKeys) },
    });
  }

  async #withLastUse(document: StoredDocument<AdminKeyRecord>): Promise<AdminKey> {
    const [lastUse] = await this.#parts.store.lastUses([document.id]);
    return this.#toKey(document, lastUse);
  }

  #toKey({ id, version, value }: StoredDocument<AdminKeyRecord>, lastUse: LastUse | undefined): AdminKey {
    const nowMs = this.#parts.now();
    const { previous } = value;
    return {
      keyId: id,
      name: value.name,
      role: value.role,
      state: stateOf(value, nowMs),
      lastCharacters: value.lastCharacters,
      createdAtMs: value.createdAtMs,
      createdByKeyId: value.createdByKeyId,
      expiresAtMs: value.expiresAtMs,
      lastUse,
      rotatedAtMs: value.rotatedAtMs,
      previousValidUntilMs:
        previous !== undefined && previous.validUntilMs > nowMs ? previous.validUntilMs : undefined,
      revokedAtMs: value.revokedAtMs,
      configured: false,
      version,
    };
  }
}

function rotatedRecord(
  value: AdminKeyRecord,
  secret: string,
  { overlapMs, ttlMs }: KeyRotation,
  nowMs: number,
): AdminKeyRecord {
  const { previous: _, ...kept } = value;
  // A rotation does not lengthen the life of the secret that it replaces.
  const validUntilMs = Math.min(nowMs + overlapMs, value.expiresAtMs);
  return {
    ...kept,
    digest: digestOf(secret),
    lastCharacters: secret.slice(-shownCharacters),
    expiresAtMs: nowMs + ttlMs,
    rotatedAtMs: nowMs,
    ...(overlapMs > 0 ? { previous: { digest: value.digest, validUntilMs } } : {}),
  };
}

/** A key's holder may do all that its role may: whoever makes the secret must be allowed the same. */
function requireScopes(scopes: ReadonlySet<string>, role: Role): void {
  const missing = [...scopesOf[role]].find((scope) => !scopes.has(scope));
  if (missing === undefined) return;
  throw new CommonError(
    "SCOPE_MISSING",
    `a key with the role ${role} has the scope ${missing}, the caller not`,
    {
      metadata: { scope: missing },
    },
  );
}

function requireKey(
  keyId: string,
  present: StoredDocument<AdminKeyRecord> | undefined,
): StoredDocument<AdminKeyRecord> {
  const metadata = { key_id: keyId };
  if (keyId === configuredKeyId)
    throw new AdminError("ADMIN_KEY_CONFIGURED", "the key is configured as ADMIN_KEY", { metadata });
  if (present === undefined)
    throw new AdminError("ADMIN_KEY_NOT_FOUND", "there is no such admin key", { metadata });
  return present;
}

function requireVersion(keyId: string, version: number, expected: number): void {
  if (version === expected) return;
  throw new CommonError("VERSION_MISMATCH", `the admin key ${keyId} has version ${version}`, {
    metadata: { current_version: String(version) },
  });
}

function notActive(keyId: string, state: string): AdminError {
  return new AdminError("ADMIN_KEY_NOT_ACTIVE", `the admin key is ${state}`, {
    metadata: { key_id: keyId, state },
  });
}

/** What the audit log shows of a key. */
function shownInLog(key: AdminKey) {
  const { name, role, state, expiresAtMs, previousValidUntilMs, version } = key;
  const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  return {
    name,
    role,
    state,
    expires_at: time(expiresAtMs),
    previous_valid_until: time(previousValidUntilMs),
    version,
  };
}
