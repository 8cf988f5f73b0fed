import { CommonError } from "../errors/common-error.ts";
import { anonymousCaller, type Caller } from "./caller.ts";
import type { DenyList } from "./deny-list.ts";
import type { MethodRule } from "./method-rule.ts";
import type { TokenVerifier, VerifiedToken } from "./token-verifier.ts";

/** What a gate may look at: the head of a call. */
export interface Credentials {
  /** A header of the request, by its name in lower case. */
  header(name: string): string | null | undefined;
  /** The id under which the call is logged. */
  readonly requestId: string;
  /** The caller's address; empty if it is not known. */
  readonly address: string;
}

/**
 * Says who calls, at once if the token is known and the deny-list fresh. Throws or rejects with TOKEN_MISSING,
 * TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED or SCOPE_MISSING.
 */
export type Gate = (rule: MethodRule, credentials: Credentials) => Caller | Promise<Caller>;

/** The refusal of somebody known, who may not do this. */
export class ScopeMissing extends CommonError {
  readonly caller: Caller;

  constructor(scope: string, caller: Caller, holder: "token" | "session" = "token") {
    super("SCOPE_MISSING", `the ${holder} lacks the scope ${scope}`, { metadata: { scope } });
    this.caller = caller;
  }
}

/** Identity and scope, decided from the headers alone, before a byte of the body is read. */
export function createGate(verify: TokenVerifier, denyList: DenyList | undefined): Gate {
  const admit = (rule: MethodRule, { caller }: VerifiedToken): Caller | Promise<Caller> => {
    const checked = denyList?.check(caller.tokenId);
    return checked === undefined ? withScope(rule, caller) : checked.then(() => withScope(rule, caller));
  };
  let latest: { readonly authorization: string; readonly token: string } | undefined;
  /** Clients send one token many times: to compare it costs a fraction of taking it apart and hashing it. */
  const tokenOf = (authorization: string | null | undefined): string => {
    if (latest === undefined || authorization !== latest.authorization)
      latest = { token: bearerToken(authorization), authorization: authorization ?? "" };
    return latest.token;
  };
  return (rule, credentials) => {
    if (rule.scope === "") return anonymousCaller;
    const verified = verify(tokenOf(credentials.header("authorization")));
    return verified instanceof Promise ? verified.then((token) => admit(rule, token)) : admit(rule, verified);
  };
}

function withScope(rule: MethodRule, caller: Caller): Caller {
  if (caller.scopes.has(rule.scope)) return caller;
  throw new ScopeMissing(rule.scope, caller);
}

/** The whole rest is the token, so that a second one beside it is not passed over. */
const bearerForm = /^bearer +(.+)$/i;

function bearerToken(authorization: string | null | undefined): string {
  const token = bearerForm.exec(authorization ?? "")?.[1];
  if (token === undefined)
    throw new CommonError("TOKEN_MISSING", "a bearer token is needed in the Authorization header");
  return token;
}
