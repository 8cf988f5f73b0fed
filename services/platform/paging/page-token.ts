import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { CommonError } from "../errors/common-error.ts";

const macBytes = 16;

/** Makes and reads the page tokens of a service. */
export interface PageTokens {
  /** A token for the page that begins at `position` of the list that `filter` describes. */
  encode(filter: unknown, position: unknown): string;
  /**
   * The position in a token; undefined for the first page (an empty token). PAGE_TOKEN_INVALID if it was
   * altered, or made for another filter.
   */
  decode(filter: unknown, token: string): unknown;
}

/**
 * Page tokens that nobody can alter or use with another filter: the position in JSON with an HMAC over it and
 * a digest of the filter. `secret` is shared by the instances of a service; the key is derived from it.
 */
export function createPageTokens(secret: Uint8Array): PageTokens {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "holdfast page tokens", 32));
  const macOf = (filter: unknown, position: Buffer) => {
    const filterDigest = createHash("sha256").update(JSON.stringify(filter)).digest();
    return createHmac("sha256", key).update(filterDigest).update(position).digest().subarray(0, macBytes);
  };
  return {
    encode(filter, position) {
      const body = Buffer.from(JSON.stringify(position), "utf8");
      return Buffer.concat([macOf(filter, body), body]).toString("base64url");
    },
    decode(filter, token) {
      if (token === "") return undefined;
      const bytes = Buffer.from(token, "base64url");
      const body = bytes.subarray(macBytes);
      const canonical = bytes.toString("base64url") === token;
      if (
        !canonical ||
        body.length === 0 ||
        !timingSafeEqual(bytes.subarray(0, macBytes), macOf(filter, body))
      ) {
        throw new CommonError(
          "PAGE_TOKEN_INVALID",
          "the page token is not one of this list with these filters",
          {
            fields: [{ field: "page_token", description: "not made for this list and these filters" }],
          },
        );
      }
      return JSON.parse(body.toString("utf8"));
    },
  };
}
