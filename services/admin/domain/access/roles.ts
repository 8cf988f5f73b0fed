/** The roles of operators, in the order in which each may do what the ones before it may. */
export const roles = ["viewer", "support", "finance", "admin"] as const;
export type Role = (typeof roles)[number];

/** What a role may do besides what the roles before it may: scopes as the RPCs of all services declare them. */
const scopesAddedBy: Readonly<Record<Role, readonly string[]>> = {
  viewer: [
    "admin.read",
    "core.read",
    "pricing.read",
    "pricing.calculate",
    "exchange.read",
    "monitoring.read",
  ],
  support: ["admin.support"],
  // Whoever answers for the money may also stop it: freeze an account, lower its credit limit, end a hold.
  finance: ["admin.finance", "core.charge", "core.fund", "core.manage"],
  admin: ["admin.manage", "pricing.manage", "exchange.manage", "monitoring.write", "monitoring.manage"],
};

/** All that each role may do. */
export const scopesOf: Readonly<Record<Role, ReadonlySet<string>>> = {
  viewer: scopesUpTo("viewer"),
  support: scopesUpTo("support"),
  finance: scopesUpTo("finance"),
  admin: scopesUpTo("admin"),
};

/** The first role that has a scope; undefined if none has. */
export function leastRoleWith(scope: string): Role | undefined {
  return roles.find((role) => scopesOf[role].has(scope));
}

function scopesUpTo(last: Role): ReadonlySet<string> {
  return new Set(roles.slice(0, roles.indexOf(last) + 1).flatMap((role) => scopesAddedBy[role]));
}
