import type { AdminKeyRecord, LastUse } from "../../store/admin-key-store.ts";
import { AdminError } from "../admin-error.ts";
import type { Role } from "./roles.ts";

export const keyStates = ["active", "expired", "revoked"] as const;
/** Whether a key works. */
export type KeyState = (typeof keyStates)[number];

/** An admin key as operators see it: everything but its secret. */
export interface AdminKey {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  readonly state: KeyState;
  readonly lastCharacters: string;
  /** Undefined for the configured key, as are its end and its rotation. */
  readonly createdAtMs: number | undefined;
  readonly createdByKeyId: string;
  readonly expiresAtMs: number | undefined;
  readonly lastUse: LastUse | undefined;
  readonly rotatedAtMs: number | undefined;
  readonly previousValidUntilMs: number | undefined;
  readonly revokedAtMs: number | undefined;
  /** True for the key of the configuration. */
  readonly configured: boolean;
  readonly version: number;
}

/** Id of the key of the configuration, ADMIN_KEY. */
export const configuredKeyId = "configured";

/** Whoever sent a key. */
export interface KeyHolder {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
}

/** Who holds ADMIN_KEY: role admin, no end. */
export const configuredKeyHolder: KeyHolder = { keyId: configuredKeyId, name: "ADMIN_KEY", role: "admin" };

export function stateOf({ revokedAtMs, expiresAtMs }: AdminKeyRecord, nowMs: number): KeyState {
  if (revokedAtMs !== undefined) return "revoked";
  return nowMs >= expiresAtMs ? "expired" : "active";
}

/** The refusal of a key that is not active. */
export function refusalOf(state: Exclude<KeyState, "active">): AdminError {
  return state === "revoked"
    ? new AdminError("ADMIN_KEY_REVOKED", "the admin key was revoked")
    : new AdminError("ADMIN_KEY_EXPIRED", "the admin key's time is over");
}
