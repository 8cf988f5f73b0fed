import { OutboundError, type OutboundReason } from "./outbound-error.ts";

/** What the codes of Node, OpenSSL, zlib and undici mean; the first match wins. */
const meanings: ReadonlyArray<[code: RegExp, reason: OutboundReason, words: string]> = [
  [/^(ENOTFOUND|EAI_.*|ENODATA)$/, "NAME_NOT_RESOLVED", "the name does not resolve"],
  [/^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/, "TIMEOUT", "no connection in time"],
  [/^UND_ERR_PRX_/, "PROXY", "the proxy failed"],
  [/^(UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW)$/, "TOO_LARGE", "the answer's headers are too long"],
  [/^HPE_/, "INVALID_RESPONSE", "the answer is not valid HTTP"],
  [/^UND_ERR_RES_CONTENT_LENGTH/, "CONNECTION", "the answer broke off"],
  [/^(Z_|ERR_BROTLI_|ERR__ERROR_)/, "INVALID_RESPONSE", "the body is not compressed as it says"],
  [/^(UND_ERR_INVALID_ARG|UND_ERR_NOT_SUPPORTED)$/, "INVALID_REQUEST", "the method or a header is not valid"],
  [
    /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$)/,
    "TLS",
    "no trusted TLS connection",
  ],
];

/** Turns what a connection threw into an OutboundError, without text that may hold a secret. */
export function connectionFault(thrown: unknown): OutboundError {
  const known = causesOf(thrown).find((error) => error instanceof OutboundError);
  if (known !== undefined) return known;
  const proxyStatus = /^Proxy response \((\d+)\)/.exec(thrown instanceof Error ? thrown.message : "")?.[1];
  if (proxyStatus !== undefined) {
    return new OutboundError("PROXY", `the proxy answered ${proxyStatus}`, { cause: thrown });
  }
  for (const code of causesOf(thrown).map(codeOf)) {
    const meaning = meanings.find(([pattern]) => pattern.test(code));
    if (meaning !== undefined)
      return new OutboundError(meaning[1], `${meaning[2]} (${code})`, { cause: thrown });
  }
  const code = codeOf(thrown);
  const ending = code === "" ? "" : ` (${code})`;
  return new OutboundError("CONNECTION", `the connection failed${ending}`, { cause: thrown });
}

/** An error, what caused it, and the errors that it stands for. */
function causesOf(thrown: unknown, depth = 0): unknown[] {
  if (!(thrown instanceof Error) || depth > 4) return [];
  const below = [thrown.cause, ...(thrown instanceof AggregateError ? thrown.errors : [])];
  return [thrown, ...below.flatMap((cause) => causesOf(cause, depth + 1))];
}

function codeOf(thrown: unknown): string {
  // undici gives some of its parser's errors no code.
  if (thrown instanceof Error && thrown.name === "HTTPParserError" && !("code" in thrown && thrown.code)) {
    return "HPE_INVALID";
  }
  const code = (thrown as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "";
}
