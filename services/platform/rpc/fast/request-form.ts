import type { IncomingHttpHeaders } from "node:http";
import { hasUsableHost } from "../host.ts";
import { callLimits } from "../limits.ts";

/** How the messages of a call are written. */
export interface WireForm {
  readonly protocol: "grpc" | "connect";
  readonly binary: boolean;
  /** The content type of an answer; an error of Connect is always JSON. */
  readonly contentType: string;
}

/** Content types of requests that the fast door takes, as clients spell them; other spellings go to Connect. */
const wireForms = new Map<string, WireForm>([
  ["application/grpc", { protocol: "grpc", binary: true, contentType: "application/grpc+proto" }],
  ["application/grpc+proto", { protocol: "grpc", binary: true, contentType: "application/grpc+proto" }],
  ["application/grpc+json", { protocol: "grpc", binary: false, contentType: "application/grpc+json" }],
  ["application/proto", { protocol: "connect", binary: true, contentType: "application/proto" }],
  ["application/json", { protocol: "connect", binary: false, contentType: "application/json" }],
]);

/** What the headers of a request say, if they are of the plain kind. */
export interface RequestForm {
  readonly form: WireForm;
  /** What the caller allows, if it says. */
  readonly timeoutMs: number | undefined;
}

/**
 * Reads the headers of a unary POST; undefined if anything about them is unusual, so that Connect's own handlers
 * decide: compressed, from a page of another origin, with a deadline that is no good, or in another protocol.
 */
export function readRequestForm(headers: IncomingHttpHeaders): RequestForm | undefined {
  const form = wireForms.get(headers["content-type"] ?? "");
  if (form === undefined || headers.origin !== undefined || headers.expect !== undefined) return undefined;
  if (!hasUsableHost(headers)) return undefined;
  const isGrpc = form.protocol === "grpc";
  const encoding = isGrpc ? headers["grpc-encoding"] : headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") return undefined;
  const timeout = isGrpc ? headers["grpc-timeout"] : headers["connect-timeout-ms"];
  if (timeout === undefined) return { form, timeoutMs: undefined };
  if (typeof timeout !== "string") return undefined;
  const timeoutMs = isGrpc ? parseGrpcTimeout(timeout) : parseConnectTimeout(timeout);
  return timeoutMs === undefined || timeoutMs > callLimits.maxTimeoutMs ? undefined : { form, timeoutMs };
}

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000001,
};

function parseGrpcTimeout(text: string): number | undefined {
  return /^\d{1,8}[HMSmun]$/.test(text)
    ? Number(text.slice(0, -1)) * (unitMs[text.at(-1) ?? ""] ?? Number.NaN)
    : undefined;
}

function parseConnectTimeout(text: string): number | undefined {
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
