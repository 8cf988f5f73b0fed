import type { AdminKeyRecord, AdminKeyStore } from "../../store/admin-key-store.ts";
import { AdminError } from "../admin-error.ts";
import { configuredKeyHolder, configuredKeyId, type KeyHolder, refusalOf, stateOf } from "./admin-key.ts";
import { digestOf, isSameDigest, keyIdIn } from "./key-secret.ts";

/** Says who an admin key belongs to. */
export interface AdminKeyVerifier {
  /**
   * Whose secret it is; notes the use.
   *
   * @throws AdminError ADMIN_KEY_INVALID, ADMIN_KEY_EXPIRED, ADMIN_KEY_REVOKED.
   * @throws CommonError STORE_UNAVAILABLE; the configured key needs no store.
   */
  verify(secret: string, address: string): Promise<KeyHolder>;
  /** Who holds the key of an id, for sessions begun with it; throws the same. */
  holderOf(keyId: string): Promise<KeyHolder>;
}

/** What the verifier works with. */
export interface AdminKeyVerifierOptions {
  /** ADMIN_KEY. */
  readonly configuredKey: string;
  readonly store: Pick<AdminKeyStore, "get" | "noteUse">;
  readonly onError: (error: unknown) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** A record is used again for this long: a revoked key is refused within a second, everywhere. */
const freshMs = 500;
/** As many as may be active; one more makes all be read again. */
const keptRecords = 500;
/** How often a key's use is written. */
const useNotedMs = 60_000;

export function createAdminKeyVerifier(options: AdminKeyVerifierOptions): AdminKeyVerifier {
  const { store, onError, now = Date.now } = options;
  const configuredDigest = digestOf(options.configuredKey);
  const readRecord = createRecordReader(store, now);
  const notedAtMs = new Map<string, number>();
  const noteUse = (keyId: string, address: string) => {
    const atMs = now();
    if (atMs - (notedAtMs.get(keyId) ?? Number.NEGATIVE_INFINITY) < useNotedMs) return;
    notedAtMs.set(keyId, atMs);
    store.noteUse(keyId, { atMs, address }).catch(onError);
  };
  return {
    async verify(secret, address) {
      const digest = digestOf(secret);
      if (isSameDigest(digest, configuredDigest)) {
        noteUse(configuredKeyId, address);
        return configuredKeyHolder;
      }
      const keyId = keyIdIn(secret);
      const record = keyId === undefined ? undefined : await readRecord(keyId);
      if (keyId === undefined || record === undefined) throw unknownKey();
      requireSecret(record, digest, now());
      const holder = holderOf(keyId, record, now());
      noteUse(keyId, address);
      return holder;
    },
    async holderOf(keyId) {
      if (keyId === configuredKeyId) return configuredKeyHolder;
      const record = await readRecord(keyId);
      if (record === undefined) throw unknownKey();
      return holderOf(keyId, record, now());
    },
  };
}

/** Reads records, each once in a while and once at a time. */
function createRecordReader(store: Pick<AdminKeyStore, "get">, now: () => number) {
  const kept = new Map<string, { readonly readAtMs: number; readonly record: AdminKeyRecord }>();
  const reading = new Map<string, Promise<AdminKeyRecord | undefined>>();
  const read = async (keyId: string) => {
    const readAtMs = now();
    const record = (await store.get(keyId))?.value;
    if (kept.size >= keptRecords) kept.clear();
    if (record !== undefined) kept.set(keyId, { readAtMs, record });
    return record;
  };
  return (keyId: string): Promise<AdminKeyRecord | undefined> => {
    const known = kept.get(keyId);
    if (known !== undefined && now() - known.readAtMs < freshMs) return Promise.resolve(known.record);
    const started =
      reading.get(keyId) ??
      read(keyId).finally(() => {
        reading.delete(keyId);
      });
    reading.set(keyId, started);
    return started;
  };
}

/** @throws AdminError unless the digest is that of the secret, or of the one before while that still works. */
function requireSecret({ digest, previous }: AdminKeyRecord, given: string, nowMs: number): void {
  if (isSameDigest(given, digest)) return;
  if (previous === undefined || !isSameDigest(given, previous.digest)) throw unknownKey();
  if (nowMs >= previous.validUntilMs) throw refusalOf("expired");
}

function holderOf(keyId: string, record: AdminKeyRecord, nowMs: number): KeyHolder {
  const state = stateOf(record, nowMs);
  if (state !== "active") throw refusalOf(state);
  return { keyId, name: record.name, role: record.role };
}

function unknownKey(): AdminError {
  return new AdminError("ADMIN_KEY_INVALID", "the admin key is unknown");
}
