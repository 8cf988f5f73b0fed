import { cors } from "@connectrpc/connect";
import type { RequestHandler, ServerRequest, ServerResponseWriter } from "./request-handler.ts";

/** Which pages of other origins may call, and with what. */
export interface CorsOptions {
  /** Origins such as "https://console.example.com", or "*" for every origin; empty allows none. */
  origins: readonly string[];
  /** Request headers besides those of the RPC protocols. */
  requestHeaders?: readonly string[];
  /** Response headers that scripts may read besides those of the RPC protocols. */
  responseHeaders?: readonly string[];
}

/** How every answer is marked for caches, since pages of some origins are answered otherwise. */
export const varyByOrigin = "Origin";

/** Browsers remember a preflight at most this long (Chromium's bound). */
const preflightMaxAgeSeconds = 7_200;

/**
 * Answers preflight requests before anything else and marks the handler's answers for pages of allowed
 * origins. Credentials are not allowed: calls carry tokens, never cookies.
 *
 * @throws Error naming an entry that is no origin.
 */
export function withCors(handler: RequestHandler, options: CorsOptions): RequestHandler {
  const isAllowed = createOriginCheck(options.origins);
  const responseHeaders = [...cors.exposedHeaders, ...(options.responseHeaders ?? [])].join(", ");
  const preflight: Readonly<Record<string, string>> = {
    "Access-Control-Allow-Methods": cors.allowedMethods.join(", "),
    "Access-Control-Allow-Headers": [...cors.allowedHeaders, ...(options.requestHeaders ?? [])].join(", "),
    "Access-Control-Max-Age": String(preflightMaxAgeSeconds),
  };

  return (request, response) => {
    const origin = request.headers.origin;
    // Caches must keep answers for different pages apart, also the one without the header.
    response.setHeader("Vary", varyByOrigin);
    if (origin !== undefined && isAllowed(origin)) {
      response.setHeader("Access-Control-Allow-Origin", origin);
      if (isPreflight(request)) return answerPreflight(response, 204, preflight);
      response.setHeader("Access-Control-Expose-Headers", responseHeaders);
    } else if (origin !== undefined && isPreflight(request)) {
      return answerPreflight(response, 403, {});
    }
    handler(request, response);
  };
}

function isPreflight(request: ServerRequest): boolean {
  return request.method === "OPTIONS" && request.headers["access-control-request-method"] !== undefined;
}

function answerPreflight(
  response: ServerResponseWriter,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end();
}

function createOriginCheck(origins: readonly string[]): (origin: string) => boolean {
  for (const origin of origins) {
    if (origin !== "*" && !isOrigin(origin)) {
      throw new Error(
        `${JSON.stringify(origin)} is no origin; write it as "https://console.example.com", or "*" for all`,
      );
    }
  }
  const allowed = new Set(origins);
  return allowed.has("*") ? () => true : (origin) => allowed.has(origin);
}

/** A scheme of the web, a host and perhaps a port, exactly as browsers send it. */
function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.parse(text)?.origin === text;
}
