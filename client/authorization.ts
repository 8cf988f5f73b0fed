import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { clientRule } from "./error-catalogue.ts";
import { HoldfastError } from "./holdfast-error.ts";

/**
 * The headers of a call with its token.
 *
 * @throws HoldfastError TOKEN_UNAVAILABLE if the token's source fails.
 */
export async function headersWithToken(
  token: Promise<string>,
  headers: Readonly<Record<string, string>> | undefined,
  method: string,
): Promise<Headers> {
  const all = new Headers(headers);
  all.set("authorization", `Bearer ${await tokenOrError(token, method)}`);
  return all;
}

async function tokenOrError(token: Promise<string>, method: string): Promise<string> {
  try {
    return await token;
  } catch (cause) {
    throw new HoldfastError("the function that gives tokens failed", {
      reason: "TOKEN_UNAVAILABLE",
      code: Code.Unauthenticated,
      method,
      retryable: false,
      advice: clientRule("TOKEN_UNAVAILABLE").advice,
      attempts: 0,
      cause,
    });
  }
}

/** Whether the server refused a call since its token has expired; it did nothing then. */
export function isTokenExpired(thrown: unknown): boolean {
  return (
    thrown instanceof ConnectError &&
    thrown.code === Code.Unauthenticated &&
    thrown.findDetails(ErrorInfoSchema).some(({ reason }) => reason === "TOKEN_EXPIRED")
  );
}
