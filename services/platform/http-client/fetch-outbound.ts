import type { Dispatcher } from "undici";
import { connectionFault } from "./connection-fault.ts";
import { createDispatcher } from "./outbound-dispatcher.ts";
import { OutboundError } from "./outbound-error.ts";
import { completePolicy, type OutboundPolicy, type OutboundRules } from "./outbound-policy.ts";
import { type Hop, redirectedHop } from "./redirect-rule.ts";
import { acceptedEncodings, decodeText, readResponseBody } from "./response-body.ts";
import { retryAfterMs } from "./retry-after.ts";
import { checkHop, parseUrl, takeCredentials } from "./url-rule.ts";

/** What an answer said about its version; given back, the next answer may be `notModified`. */
export interface Validators {
  readonly etag?: string;
  /** An HTTP date, as it came. */
  readonly lastModified?: string;
}

/** A call to the outside. */
export interface OutboundRequest {
  /** http or https. Credentials in it are sent as Basic authorization. */
  readonly url: string;
  /** Default GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Those of the answer that the caller still has. */
  readonly validators?: Validators;
  /** Gives every status back instead of throwing STATUS for those that are not 2xx. Default false. */
  readonly anyStatus?: boolean;
  /** Ends the call early. */
  readonly signal?: AbortSignal;
}

/** An answer, read to its end. */
export type OutboundResponse =
  | {
      readonly notModified: false;
      readonly status: number;
      /** Names in lower case; several of one name are joined with a comma. */
      readonly headers: Readonly<Record<string, string>>;
      /** Decompressed. */
      readonly body: Buffer;
      /** The body in the charset that the answer names. Throws INVALID_RESPONSE if it is not in it. */
      text(): string;
      readonly validators: Validators;
    }
  /** What the caller still has, by its validators, is current. */
  | { readonly notModified: true; readonly validators: Validators };

/** An answer of which the body is still to come. */
type Arriving = Omit<Dispatcher.ResponseData, "headers"> & { readonly headers: Record<string, string> };

const excerptCharacters = 500;

/**
 * Calls an address outside of the system and reads the answer to its end, within the bounds of the policy.
 * Each call has a connection of its own, so that none outlives the check of its address.
 *
 * @throws OutboundError, and nothing else.
 */
export async function fetchOutbound(
  request: OutboundRequest,
  policy: OutboundPolicy = {},
): Promise<OutboundResponse> {
  const rules = completePolicy(policy);
  let hop = firstHop(request);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), rules.totalTimeoutMs);
  const signal =
    request.signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, request.signal]);
  let dispatcher: Dispatcher | undefined;
  try {
    dispatcher = createDispatcher(rules);
    for (let redirects = 0; ; redirects++) {
      checkHop(hop.url, rules);
      const arriving = await send(dispatcher, hop, signal);
      const next = redirectedHop(hop, arriving.statusCode, arriving.headers.location);
      if (next === undefined) return await receive(request, hop, arriving, rules);
      discard(arriving);
      if (redirects === rules.maxRedirects) {
        throw new OutboundError("TOO_MANY_REDIRECTS", `more than ${rules.maxRedirects} redirects`, {
          status: arriving.statusCode,
        });
      }
      hop = next;
    }
  } catch (thrown) {
    throw named(hop, faultOf(thrown, deadline.signal, request.signal, rules));
  } finally {
    clearTimeout(timer);
    await dispatcher?.destroy();
  }
}

function firstHop(request: OutboundRequest): Hop {
  const url = parseUrl(request.url);
  const { validators = {} } = request;
  const headers: Record<string, string> = { "user-agent": "holdfast", "accept-encoding": acceptedEncodings };
  const authorization = takeCredentials(url);
  if (authorization !== undefined) headers.authorization = authorization;
  if (validators.etag !== undefined) headers["if-none-match"] = validators.etag;
  if (validators.lastModified !== undefined) headers["if-modified-since"] = validators.lastModified;
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  return { method: (request.method ?? "GET").toUpperCase(), url, headers, body: request.body };
}

async function send(dispatcher: Dispatcher, hop: Hop, signal: AbortSignal): Promise<Arriving> {
  const arriving = await dispatcher.request({
    origin: hop.url.origin,
    path: `${hop.url.pathname}${hop.url.search}`,
    method: hop.method as Dispatcher.HttpMethod,
    headers: hop.headers,
    body: hop.body ?? null,
    signal,
  });
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(arriving.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return { ...arriving, headers };
}

async function receive(
  request: OutboundRequest,
  hop: Hop,
  arriving: Arriving,
  rules: OutboundRules,
): Promise<OutboundResponse> {
  const { statusCode: status, headers } = arriving;
  const validators = {
    ...(headers.etag === undefined ? {} : { etag: headers.etag }),
    ...(headers["last-modified"] === undefined ? {} : { lastModified: headers["last-modified"] }),
  };
  if (status === 304 && request.validators !== undefined) {
    discard(arriving);
    return { notModified: true, validators: { ...request.validators, ...validators } };
  }
  const hasBody = hop.method !== "HEAD" && status !== 204 && status !== 304;
  if (!hasBody) discard(arriving);
  const reading = hasBody ? readBody(arriving, rules.maxResponseBytes) : Promise.resolve(Buffer.alloc(0));
  if (request.anyStatus !== true && (status < 200 || status > 299)) {
    // The status says more than a body that cannot be read.
    const excerpt = await reading
      .then((body) => body.toString("utf8").slice(0, excerptCharacters))
      .catch(() => "");
    throw new OutboundError("STATUS", `answered with status ${status}`, {
      status,
      retryAfterMs: retryAfterMs(headers["retry-after"], Date.now()),
      bodyExcerpt: excerpt,
    });
  }
  const body = await reading;
  const text = () => decodeText(body, headers["content-type"] ?? "");
  return { notModified: false, status, headers, body, text, validators };
}

async function readBody({ body, headers }: Arriving, maxBytes: number): Promise<Buffer> {
  const contentEncoding = headers["content-encoding"] ?? "";
  const contentLength = headers["content-length"] ?? "";
  return readResponseBody(body, { contentEncoding, contentLength }, maxBytes);
}

/** Ends a body that nobody reads. */
function discard({ body }: Arriving): void {
  body.on("error", () => {}).destroy();
}

function faultOf(
  thrown: unknown,
  deadline: AbortSignal,
  callersSignal: AbortSignal | undefined,
  { totalTimeoutMs }: OutboundRules,
): OutboundError {
  if (thrown instanceof OutboundError) return thrown;
  if (deadline.aborted) {
    return new OutboundError("TIMEOUT", `no complete answer within ${totalTimeoutMs} ms`, { cause: thrown });
  }
  if (callersSignal?.aborted)
    return new OutboundError("ABORTED", "given up by the caller", { cause: thrown });
  return connectionFault(thrown);
}

/** The same error with method and origin in front. */
function named({ method, url }: Hop, error: OutboundError): OutboundError {
  const { reason, status, retryAfterMs, bodyExcerpt, cause } = error;
  return new OutboundError(reason, `${method} ${url.origin}: ${error.message}`, {
    retryAfterMs,
    ...(status === undefined ? {} : { status }),
    ...(bodyExcerpt === undefined ? {} : { bodyExcerpt }),
    cause,
  });
}
