import { fastifyCookie } from "@fastify/cookie";
import { type Credentials, type Gate, ScopeMissing } from "#platform/access/gate.ts";
import { requireCsrfToken, type Sessions } from "../../domain/access/sessions.ts";
import { AdminError } from "../../domain/admin-error.ts";
import { permitRole } from "../../rpc/admin-gate.ts";
import { requireOnCustomerPage } from "./customer-methods.ts";

/** The cookie of a session. */
export const sessionCookie = "holdfast_session";

/**
 * Identity and scope of a call that comes from a page of this origin: the session's cookie, and the header that only
 * such a page can send.
 */
export function createSessionGate(sessions: Sessions): Gate {
  return async (rule, credentials) => {
    requireSameOrigin(credentials);
    const session = await sessions.use(cookieOf(credentials));
    requireCsrfToken(session, credentials.header("x-csrf-token") ?? undefined);
    const { caller, role } = session;
    if (role !== undefined) return permitRole(rule, caller, role);
    if (!caller.scopes.has(rule.scope)) throw new ScopeMissing(rule.scope, caller, "session");
    requireOnCustomerPage(rule);
    return caller;
  };
}

/** The cookie of the session that came with a call. */
export function cookieOf(credentials: Pick<Credentials, "header">): string | undefined {
  return fastifyCookie.parse(credentials.header("cookie") ?? "")[sessionCookie];
}

/**
 * Refuses what a page of another origin sent: SameSite keeps the cookie from it, but a page of another port of the
 * same host is of the same site.
 *
 * @throws AdminError CSRF_HEADER_MISSING.
 */
export function requireSameOrigin(credentials: Pick<Credentials, "header">): void {
  const origin = credentials.header("origin") ?? undefined;
  const site = credentials.header("sec-fetch-site") ?? undefined;
  const foreign = site !== undefined && site !== "same-origin" && site !== "none";
  if (foreign || (origin !== undefined && URL.parse(origin)?.host !== credentials.header("host")))
    throw new AdminError("CSRF_HEADER_MISSING", "the call comes from a page of another origin");
}
