import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type AdminKey as AdminKeyMessage,
  AdminKeySchema,
  AdminKeyState,
  AdminRole,
} from "#gen/billing/admin/v1/admin_key_pb.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { AdminKey, KeyState } from "../domain/access/admin-key.ts";
import type { Role } from "../domain/access/roles.ts";

const roleNumbers: Readonly<Record<Role, AdminRole>> = {
  viewer: AdminRole.VIEWER,
  support: AdminRole.SUPPORT,
  finance: AdminRole.FINANCE,
  admin: AdminRole.ADMIN,
};
const roleNames = new Map(Object.entries(roleNumbers).map(([name, number]) => [number, name as Role]));

const stateNumbers: Readonly<Record<KeyState, AdminKeyState>> = {
  active: AdminKeyState.ACTIVE,
  expired: AdminKeyState.EXPIRED,
  revoked: AdminKeyState.REVOKED,
};

/** The role of a request whose constraints exclude others. */
export function toRole(role: AdminRole): Role {
  const name = roleNames.get(role);
  if (name === undefined) throw new Error(`there is no role ${role}`);
  return name;
}

/** Whether a key has the state that a filter asks for. */
export function hasState(key: AdminKey, state: AdminKeyState): boolean {
  return state === AdminKeyState.UNSPECIFIED || stateNumbers[key.state] === state;
}

/** A key as the contract has it. */
export function toAdminKeyMessage(key: AdminKey): AdminKeyMessage {
  return create(AdminKeySchema, {
    keyId: key.keyId,
    name: key.name,
    role: roleNumbers[key.role],
    state: stateNumbers[key.state],
    lastCharacters: key.lastCharacters,
    createdByKeyId: key.createdByKeyId,
    lastUsedAddress: key.lastUse?.address ?? "",
    configured: key.configured,
    version: BigInt(key.version),
    ...optional("createdAt", key.createdAtMs, timestampFromMs),
    ...optional("expiresAt", key.expiresAtMs, timestampFromMs),
    ...optional("lastUsedAt", key.lastUse?.atMs, timestampFromMs),
    ...optional("rotatedAt", key.rotatedAtMs, timestampFromMs),
    ...optional("previousValidUntil", key.previousValidUntilMs, timestampFromMs),
    ...optional("revokedAt", key.revokedAtMs, timestampFromMs),
  });
}
