import { createHmac, randomUUID } from "node:crypto";
import { getOption, hasOption } from "@bufbuild/protobuf";
import { method as methodRule } from "../gen/billing/options/v1/options_pb.ts";
import { services } from "./services.ts";

/** What the tokens of a trusted back end say. */
export interface SigningOptions {
  /** The secret that the services have as `JWT_SECRET`. Whoever has it may do everything: keep it on servers. */
  readonly secret: string;
  /** Who calls, for logs and the audit, for example the name of the program. Default `holdfast-client`. */
  readonly subject?: string;
  /** What it may do, for example `["core.read", "core.charge"]`. Default everything. */
  readonly scopes?: readonly string[];
  /** Binds the token to one account. Default none: it may act on all. */
  readonly account?: string;
  /** Life of a token in seconds; the next one is signed before it ends. Default 300. */
  readonly ttlSeconds?: number;
}

const leastSecretBytes = 32;
const defaultTtlSeconds = 300;

/**
 * A token source for programs that share the services' secret and so need nobody to issue tokens: short-lived
 * HS256 tokens.
 *
 * @throws RangeError if the secret is shorter than 32 bytes, which no service accepts, or the life not positive.
 */
export function signedTokens(options: SigningOptions): () => string {
  const { secret, subject = "holdfast-client", account, ttlSeconds = defaultTtlSeconds } = options;
  if (Buffer.byteLength(secret) < leastSecretBytes)
    throw new RangeError(`the secret has less than ${leastSecretBytes} bytes`);
  if (!(ttlSeconds > 0)) throw new RangeError(`ttlSeconds is ${ttlSeconds}; it must be more than 0`);
  const scope = (options.scopes ?? listScopes()).join(" ");
  const head = encodeJson({ alg: "HS256", typ: "JWT" });
  return () => {
    const iat = Math.floor(Date.now() / 1_000);
    const claims = {
      ...{ scope, sub: subject, iss: "holdfast", aud: "holdfast", jti: randomUUID() },
      ...(account === undefined ? {} : { account }),
      ...{ iat, exp: iat + ttlSeconds },
    };
    const content = `${head}.${encodeJson(claims)}`;
    return `${content}.${createHmac("sha256", secret).update(content).digest("base64url")}`;
  };
}

/** Every scope that some method of the contract asks for. */
function listScopes(): string[] {
  const methods = Object.values(services).flatMap(({ service }) => [...service.methods]);
  const ruled = methods.filter((method) => hasOption(method, methodRule));
  return [...new Set(ruled.map((method) => getOption(method, methodRule).scope))].sort();
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
