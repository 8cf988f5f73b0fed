/** Who calls, as the token says. */
export interface Caller {
  /** The token's subject, for example `service:core` or `key:ak_1`; `anonymous` where no token is needed. */
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
  /** The only account that the token may act on; undefined if it is not bound to one. */
  readonly account: string | undefined;
  /** The token's id, for the deny-list and the log. */
  readonly tokenId: string | undefined;
}

/** The caller of a method that needs no token. */
export const anonymousCaller: Caller = {
  subject: "anonymous",
  scopes: new Set(),
  account: undefined,
  tokenId: undefined,
};
