import type { FastifyReply, FastifyRequest } from "fastify";
import { CommonError, invalidField } from "#platform/errors/common-error.ts";
import { actorOf } from "../../domain/access/actor.ts";
import type { AdminKeyVerifier } from "../../domain/access/admin-key-verifier.ts";
import {
  type NewSession,
  requireCsrfToken,
  type Session,
  type Sessions,
} from "../../domain/access/sessions.ts";
import type { AuditLog } from "../../domain/audit/audit-log.ts";
import type { HttpPlugin } from "../http-plugin.ts";
import { createSignInLimit } from "../rate-limit.ts";
import { cookieOf, requireSameOrigin, sessionCookie } from "./session-gate.ts";

/** What the routes of sessions work with. */
export interface SessionRoutesParts {
  readonly sessions: Sessions;
  readonly keys: AdminKeyVerifier;
  readonly auditLog: Pick<AuditLog, "append">;
  /** Whether browsers reach Admin by https. */
  readonly isSecure: boolean;
  /** Sign-ins of one address in a minute. */
  readonly signInsPerMinute: number;
}

const path = "/session";

/** `POST /session` signs in, `GET /session` says who is signed in, `DELETE /session` signs out. */
export function sessionRoutes(parts: SessionRoutesParts): HttpPlugin {
  const { sessions, signInsPerMinute } = parts;
  return {
    path,
    methods: ["GET", "HEAD", "POST", "DELETE"],
    register: async (app) => {
      const countSignIn = createSignInLimit(app, signInsPerMinute);
      app.post(path, async (request, reply) => {
        await countSignIn(request);
        requireSameOrigin(headersOf(request));
        const session = await begin(sessions, request);
        // The browser forgets it: whoever was signed in before is so no more.
        await sessions.end(cookieOf(headersOf(request)));
        await note(parts, "session.begin", session, request);
        setCookie(parts, reply, session);
        return toJson(session);
      });
      app.get(path, async (request) => {
        requireSameOrigin(headersOf(request));
        return toJson(await sessions.use(cookieOf(headersOf(request))));
      });
      app.delete(path, async (request, reply) => {
        const cookie = cookieOf(headersOf(request));
        const session = await sessions.use(cookie);
        requireSameOrigin(headersOf(request));
        requireCsrfToken(session, headersOf(request).header("x-csrf-token"));
        await sessions.end(cookie);
        await note(parts, "session.end", session, request);
        reply.clearCookie(sessionCookie, { path: "/" });
        return {};
      });
    },
  };
}

/** An operator sends their key in X-Admin-Key; a customer's page sends the secret of the link. */
async function begin(sessions: Sessions, request: FastifyRequest): Promise<NewSession> {
  const key = headersOf(request).header("x-admin-key");
  if (key !== undefined) return sessions.beginWithKey(key, request.callerAddress);
  const { link, ...others } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalidField(unknown, "is not a field of this request");
  if (link === undefined)
    throw new CommonError("REQUEST_INVALID", "an admin key in X-Admin-Key, or a link, is needed", {
      fields: [{ field: "link", description: "is missing, and so is the header X-Admin-Key" }],
    });
  if (typeof link !== "string" || link === "" || link.length > 256)
    throw invalidField("link", "must be a text of 1 to 256 characters");
  return sessions.beginWithLink(link);
}

function headersOf({ headers }: FastifyRequest) {
  return {
    header: (name: string): string | undefined => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
  };
}

async function note(
  { auditLog, keys }: SessionRoutesParts,
  action: string,
  { caller }: Session,
  request: FastifyRequest,
): Promise<void> {
  const attempt = {
    actor: await actorOf(caller, keys),
    action,
    targetType: "session",
    targetId: "",
    accountId: caller.account ?? "",
    reason: "",
    requestId: request.id,
    address: request.callerAddress,
  };
  await auditLog.append(attempt, { result: "succeeded", errorReason: "" });
}

/** Ends with the browser; the server ends it sooner. */
function setCookie({ isSecure }: SessionRoutesParts, reply: FastifyReply, session: NewSession): void {
  reply.setCookie(sessionCookie, session.cookie, {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: isSecure,
  });
}

/** What the page may know of its session. */
function toJson({ caller, role, csrfToken, expiresAtMs, endsAtMs }: Session) {
  return {
    subject: caller.subject,
    role: role ?? null,
    accountId: caller.account ?? null,
    scopes: [...caller.scopes].sort(),
    csrfToken,
    expiresAt: new Date(expiresAtMs).toISOString(),
    endsAt: new Date(endsAtMs).toISOString(),
  };
}
