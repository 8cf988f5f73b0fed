import { AdminError } from "../admin-error.ts";

/**
 * Scopes that are of use in a token bound to an account and harmless there: its holder looks at its own account,
 * spends from it and begins top-ups, and cannot give itself money.
 */
export const accountScopes: ReadonlySet<string> = new Set([
  "core.read",
  "core.charge",
  "pricing.read",
  "pricing.calculate",
  "exchange.read",
  "monitoring.read",
  "admin.read",
  "admin.support",
]);

/**
 * Checks that a token may be given scopes.
 *
 * @throws AdminError SCOPE_NOT_GRANTABLE, SCOPE_NOT_FOR_ACCOUNTS.
 */
export function requireGrantable(
  scopes: readonly string[],
  issuerScopes: ReadonlySet<string>,
  boundToAccount: boolean,
): void {
  for (const scope of scopes) {
    const metadata = { scope };
    if (!issuerScopes.has(scope))
      throw new AdminError("SCOPE_NOT_GRANTABLE", `the issuer does not have the scope ${scope}`, {
        metadata,
      });
    if (boundToAccount && !accountScopes.has(scope))
      throw new AdminError("SCOPE_NOT_FOR_ACCOUNTS", `a token of an account cannot have the scope ${scope}`, {
        metadata,
      });
  }
}
