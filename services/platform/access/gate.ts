import { CommonError } from "../errors/common-error.ts";
import { anonymousCaller, type Caller } from "./caller.ts";
import type { DenyList } from "./deny-list.ts";
import type { MethodRule } from "./method-rule.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** What a gate may look at: the head of a call. */
export interface Credentials {
  /** A header of the request, by its name in lower case. */
  header(name: string): string | null | undefined;
  /** The id under which the call is logged. */
  readonly requestId: string;
  /** The caller's address; empty if it is not known. */
  readonly address: string;
}

/** Says who calls, or refuses: TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED, SCOPE_MISSING. */
export type Gate = (rule: MethodRule, credentials: Credentials) => Promise<Caller>;

/** Identity and scope, decided from the headers alone, before a byte of the body is read. */
export function createGate(verify: TokenVerifier, denyList: DenyList | undefined): Gate {
  return async (rule, credentials) => {
    if (rule.scope === "") return anonymousCaller;
    const { caller } = await verify(bearerToken(credentials.header("authorization")));
    await denyList?.check(caller.tokenId);
    if (!caller.scopes.has(rule.scope)) {
      throw new CommonError("SCOPE_MISSING", `the token lacks the scope ${rule.scope}`, {
        metadata: { scope: rule.scope },
      });
    }
    return caller;
  };
}

/** The whole rest is the token, so that a second one beside it is not passed over. */
const bearerForm = /^bearer +(.+)$/i;

function bearerToken(authorization: string | null | undefined): string {
  const token = bearerForm.exec(authorization ?? "")?.[1];
  if (token === undefined)
    throw new CommonError("TOKEN_MISSING", "a bearer token is needed in the Authorization header");
  return token;
}
