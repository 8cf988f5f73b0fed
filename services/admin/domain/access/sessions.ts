import { createHash, randomBytes } from "node:crypto";
import type { Caller } from "#platform/access/caller.ts";
import type { DenyList } from "#platform/access/deny-list.ts";
import type { SessionLink } from "../../store/session-link-store.ts";
import type { SessionRecord, SessionStore } from "../../store/session-store.ts";
import { AdminError } from "../admin-error.ts";
import { callerOf, keyIdOf } from "./actor.ts";
import type { AdminKeyVerifier } from "./admin-key-verifier.ts";
import { isSameDigest } from "./key-secret.ts";
import type { Role } from "./roles.ts";
import type { Tokens } from "./tokens.ts";

/** A browser session that goes on. */
export interface Session {
  readonly caller: Caller;
  /** The role of the key that it began with; undefined for a customer. */
  readonly role: Role | undefined;
  /** When it ends unless it is used before, epoch milliseconds. */
  readonly expiresAtMs: number;
  /** When it ends at the latest, epoch milliseconds. */
  readonly endsAtMs: number;
  /** What the page sends with each call, to show that the call is its own. */
  readonly csrfToken: string;
}

/** A session that begins. */
export interface NewSession extends Session {
  /** The secret of the browser. */
  readonly cookie: string;
}

/** Bounds of a session in milliseconds. */
export const sessionTimes = {
  /** Without a call. */
  idleMs: 30 * 60_000,
  /** In all. */
  wholeMs: 12 * 60 * 60_000,
} as const;

/** What sessions work with. */
export interface SessionsParts {
  readonly store: SessionStore;
  readonly keys: AdminKeyVerifier;
  readonly tokens: Pick<Tokens, "redeemLink">;
  readonly denyList: Pick<DenyList, "check">;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const cookieForm = /^[A-Za-z0-9_-]{43}$/;

/** Sessions of browsers. Their cookies are kept as digests alone, and the rights behind them are looked up anew. */
export class Sessions {
  readonly #parts: SessionsParts;

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  /** @throws AdminError as the verifier of keys says. */
  async beginWithKey(secret: string, address: string): Promise<NewSession> {
    const { keyId } = await this.#parts.keys.verify(secret, address);
    return this.#begin({ origin: { keyId }, endsAtMs: this.#parts.now() + sessionTimes.wholeMs });
  }

  /** @throws AdminError LINK_INVALID: it works once; CommonError TOKEN_REVOKED, TOKEN_EXPIRED. */
  async beginWithLink(secret: string): Promise<NewSession> {
    const link = await this.#parts.tokens.redeemLink(secret);
    const wholeMs = this.#parts.now() + sessionTimes.wholeMs;
    return this.#begin({ origin: { link }, endsAtMs: Math.min(wholeMs, link.expiresAtMs) });
  }

  /**
   * The session of a cookie, prolonged by its use.
   *
   * @throws AdminError SESSION_EXPIRED; ADMIN_KEY_REVOKED and the like, if what it began with does not work any more.
   */
  async use(cookie: string | undefined): Promise<Session> {
    const digest = cookieDigest(cookie);
    const record = digest === undefined ? undefined : await this.#parts.store.get(digest);
    const ttlMs = record === undefined ? 0 : this.#leftMs(record);
    if (cookie === undefined || digest === undefined || record === undefined || ttlMs <= 0)
      throw new AdminError("SESSION_EXPIRED", "there is no session, or it is over");
    const session = await this.#describe(record, cookie);
    await this.#parts.store.prolong(digest, ttlMs);
    return session;
  }

  /** Ends it; whether there was one. */
  async end(cookie: string | undefined): Promise<boolean> {
    const digest = cookieDigest(cookie);
    return digest === undefined ? false : this.#parts.store.remove(digest);
  }

  /**
   * Whether a caller's rights still hold, for calls that last.
   *
   * @throws AdminError or CommonError that says why they do not.
   */
  async requireStanding(caller: Caller): Promise<void> {
    const keyId = keyIdOf(caller);
    if (keyId !== undefined) await this.#parts.keys.holderOf(keyId);
    else await this.#parts.denyList.check(caller.tokenId);
  }

  async #begin(record: SessionRecord): Promise<NewSession> {
    const cookie = randomBytes(32).toString("base64url");
    const session = await this.#describe(record, cookie);
    await this.#parts.store.put(cookieDigest(cookie) as string, record, this.#leftMs(record));
    return { ...session, cookie };
  }

  async #describe(record: SessionRecord, cookie: string): Promise<Session> {
    const { origin, endsAtMs } = record;
    const times = { expiresAtMs: this.#parts.now() + this.#leftMs(record), endsAtMs };
    const csrfToken = csrfTokenOf(cookie);
    if ("keyId" in origin) {
      const holder = await this.#parts.keys.holderOf(origin.keyId);
      return { caller: callerOf(holder), role: holder.role, csrfToken, ...times };
    }
    const caller = customerOf(origin.link);
    await this.#parts.denyList.check(caller.tokenId);
    return { caller, role: undefined, csrfToken, ...times };
  }

  #leftMs({ endsAtMs }: SessionRecord): number {
    return Math.min(sessionTimes.idleMs, endsAtMs - this.#parts.now());
  }
}

/** @throws AdminError CSRF_HEADER_MISSING unless it is the session's. */
export function requireCsrfToken({ csrfToken }: Session, given: string | undefined): void {
  if (given === undefined || !isSameDigest(given, csrfToken))
    throw new AdminError("CSRF_HEADER_MISSING", "the header X-CSRF-Token is missing or not the session's");
}

function customerOf({ subject, scopes, accountId, tokenId }: SessionLink): Caller {
  return { subject, scopes: new Set(scopes), account: accountId, tokenId };
}

/** What is kept of a cookie; undefined for what is none. */
function cookieDigest(cookie: string | undefined): string | undefined {
  if (cookie === undefined || !cookieForm.test(cookie)) return undefined;
  return createHash("sha256").update(cookie).digest("base64url");
}

/** Follows from the cookie, which scripts cannot read: nothing of another origin can know it. */
function csrfTokenOf(cookie: string): string {
  return createHash("sha256").update(`csrf ${cookie}`).digest("base64url");
}
