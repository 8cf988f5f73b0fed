import { createHash, randomBytes, randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import type { DenyList } from "#platform/access/deny-list.ts";
import { signToken } from "#platform/access/token.ts";
import type { TokenVerifier } from "#platform/access/token-verifier.ts";
import { CommonError, invalidField } from "#platform/errors/common-error.ts";
import type { SessionLink, SessionLinkStore } from "../../store/session-link-store.ts";
import { AdminError } from "../admin-error.ts";
import { auditChange } from "../audit/audit-change.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { attemptOf, type ChangeOrigin } from "../audit/change-origin.ts";
import { reservedSubjectPrefixes } from "./actor.ts";
import { requireGrantable } from "./grantable-scopes.ts";

/** A token as it is asked for. */
export interface TokenRequest {
  readonly subject: string;
  readonly scopes: readonly string[];
  /** Empty: all accounts. */
  readonly accountId: string;
  readonly ttlSeconds: number;
  readonly reason: string;
  readonly asLink: boolean;
}

/** A token that was issued; it is shown once. */
export interface IssuedToken {
  /** Empty with a link. */
  readonly token: string;
  readonly tokenId: string;
  readonly expiresAtMs: number;
  readonly link: { readonly url: string; readonly expiresAtMs: number } | undefined;
}

/** A token that was revoked. */
export interface RevokedToken {
  readonly tokenId: string;
  readonly revokedBefore: boolean;
  readonly untilMs: number;
}

/** Which token to revoke. */
export type RevocationTarget = { readonly tokenId: string } | { readonly token: string };

/** What issuing and revoking needs. */
export interface TokensParts {
  readonly signingSecret: Uint8Array;
  readonly verify: TokenVerifier;
  readonly denyList: DenyList;
  readonly links: SessionLinkStore;
  readonly auditLog: AuditLog;
  /** @throws ServiceError ACCOUNT_NOT_FOUND of Billing Core. */
  readonly requireAccount: (accountId: string) => Promise<void>;
  /** Where browsers reach Admin, without a slash at its end. */
  readonly publicUrl: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const linkMs = 15 * 60_000;
/** The longest life that IssueToken gives; a token known by its id alone is kept as revoked for as long. */
const longestTokenMs = 90 * 24 * 60 * 60_000;

/** Issues and revokes bearer tokens. Errors are those that the contract states for each method. */
export class Tokens {
  readonly #parts: TokensParts;

  constructor(parts: TokensParts) {
    this.#parts = parts;
  }

  async issue(
    asked: TokenRequest,
    origin: ChangeOrigin & { readonly scopes: ReadonlySet<string> },
  ): Promise<IssuedToken> {
    const { subject, scopes, accountId, ttlSeconds, reason } = asked;
    requireFree(subject);
    if (asked.asLink && accountId === "") throw invalidField("account_id", "a link needs an account");
    const change = async () => {
      requireGrantable(scopes, origin.scopes, accountId !== "");
      if (accountId !== "") await this.#parts.requireAccount(accountId);
      if (asked.asLink) return this.#link(asked);
      const account = accountId === "" ? {} : { account: accountId };
      const signed = await signToken(this.#parts.signingSecret, { subject, scopes, ttlSeconds, ...account });
      return { token: signed.token, tokenId: signed.id, expiresAtMs: signed.expiresAtMs, link: undefined };
    };
    const attempt = attemptOf(origin, { targetType: "token", accountId, reason });
    const { result } = await auditChange(this.#parts.auditLog, attempt, change, (issued) => ({
      targetId: issued.tokenId,
      after: {
        subject,
        scopes,
        account_id: accountId,
        expires_at: new Date(issued.expiresAtMs).toISOString(),
        as_link: asked.asLink,
      },
    }));
    return result;
  }

  async revoke(target: RevocationTarget, reason: string, origin: ChangeOrigin): Promise<RevokedToken> {
    const { tokenId, expiresAtMs } =
      "token" in target
        ? await this.#identify(target.token)
        : { tokenId: target.tokenId, expiresAtMs: this.#parts.now() + longestTokenMs };
    const attempt = attemptOf(origin, { targetType: "token", targetId: tokenId, reason });
    const change = async () => ({
      tokenId,
      ...(await this.#parts.denyList.revoke(tokenId, expiresAtMs)),
    });
    const { result } = await auditChange(this.#parts.auditLog, attempt, change, ({ untilMs }) => ({
      after: { revoked_until: new Date(untilMs).toISOString() },
    }));
    return result;
  }

  /**
   * What a one-time link stands for; it works once.
   *
   * @throws AdminError LINK_INVALID; CommonError TOKEN_REVOKED, TOKEN_EXPIRED.
   */
  async redeemLink(secret: string): Promise<SessionLink> {
    const link = await this.#parts.links.take(linkDigest(secret));
    if (link === undefined)
      throw new AdminError("LINK_INVALID", "the link is unknown, was used, or its time is over");
    await this.#parts.denyList.check(link.tokenId);
    if (link.expiresAtMs <= this.#parts.now())
      throw new CommonError("TOKEN_EXPIRED", "the session's time is over");
    return link;
  }

  async #link({ subject, scopes, accountId, ttlSeconds }: TokenRequest): Promise<IssuedToken> {
    const secret = randomBytes(32).toString("base64url");
    const nowMs = this.#parts.now();
    const rights = { tokenId: randomUUID(), expiresAtMs: nowMs + ttlSeconds * 1_000 };
    const expiresAtMs = Math.min(nowMs + linkMs, rights.expiresAtMs);
    const kept = { ...rights, subject, scopes: [...scopes], accountId };
    await this.#parts.links.add(linkDigest(secret), kept, expiresAtMs - nowMs);
    // A fragment does not reach logs, and looking at the address alone does not use the link up.
    const url = `${this.#parts.publicUrl}/sign-in#link=${secret}`;
    return { ...rights, token: "", link: { url, expiresAtMs } };
  }

  /** Id and end of a token that this system accepts or, before its end, accepted. */
  async #identify(token: string): Promise<{ tokenId: string; expiresAtMs: number }> {
    try {
      await this.#parts.verify(token);
    } catch (error) {
      // Whatever has expired had a good signature.
      const expired = error instanceof CommonError && error.reason === "TOKEN_EXPIRED";
      if (!expired) throw notReadable(error);
    }
    const { jti, exp } = decodeJwt(token);
    if (jti === undefined || jti === "" || exp === undefined) throw notReadable();
    return { tokenId: jti, expiresAtMs: exp * 1_000 };
  }
}

/** @throws CommonError REQUEST_INVALID if the subject would pass for a service or an admin key. */
function requireFree(subject: string): void {
  const reserved = reservedSubjectPrefixes.find((prefix) => subject.startsWith(prefix));
  if (reserved !== undefined) throw invalidField("subject", `must not begin with "${reserved}"`);
}

function linkDigest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function notReadable(cause?: unknown): AdminError {
  return new AdminError("TOKEN_NOT_READABLE", "the token is not one of this system, or has no id", { cause });
}
