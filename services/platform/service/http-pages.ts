import type { IncomingMessage, ServerResponse } from "node:http";
import type { HealthState } from "../health/health.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { NodeHandler } from "../rpc/connect-door.ts";

/** What the operations pages show. */
export interface HttpPagesOptions {
  readonly service: string;
  readonly version: string;
  readonly health: HealthState;
  readonly metrics: Metrics;
  /** Reachability of peers: reported, never required. */
  readonly peers: () => Promise<Readonly<Record<string, string>>>;
}

type Page = () => Promise<{ status: number; type: string; body: string }>;

/** `/healthz` (alive), `/readyz` (takes calls), `/metrics`; every other path is 404 in JSON. */
export function createHttpPages(options: HttpPagesOptions): NodeHandler {
  const pages: Readonly<Record<string, Page>> = {
    "/healthz": async () =>
      json(200, { status: "alive", service: options.service, version: options.version }),
    "/readyz": async () => {
      const reasons = options.health.notReadyReasons();
      const status = reasons.length === 0 ? "serving" : "not serving";
      return json(reasons.length === 0 ? 200 : 503, {
        status,
        service: options.service,
        version: options.version,
        reasons,
        peers: await options.peers(),
      });
    },
    "/metrics": async () => ({
      status: 200,
      type: options.metrics.registry.contentType,
      body: await options.metrics.registry.metrics(),
    }),
  };
  return (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const page = pages[path];
    const readable = request.method === "GET" || request.method === "HEAD";
    const answer = page === undefined ? notFound(path) : readable ? page() : notAllowed();
    answer.then(
      ({ status, type, body }) =>
        send(response as ServerResponse, request as IncomingMessage, status, type, body),
      () =>
        send(
          response as ServerResponse,
          request as IncomingMessage,
          500,
          "application/problem+json",
          `${JSON.stringify({ status: 500, title: "Internal fault" })}\n`,
        ),
    );
  };
}

async function json(status: number, value: object) {
  return { status, type: "application/json", body: `${JSON.stringify(value)}\n` };
}

async function notFound(path: string) {
  const body = {
    type: "about:blank",
    status: 404,
    title: "Not found",
    detail: `nothing is served at ${path.slice(0, 200)}`,
  };
  return { status: 404, type: "application/problem+json", body: `${JSON.stringify(body)}\n` };
}

async function notAllowed() {
  return {
    status: 405,
    type: "application/problem+json",
    body: `${JSON.stringify({ type: "about:blank", status: 405, title: "Method not allowed" })}\n`,
  };
}

function send(
  response: ServerResponse,
  request: IncomingMessage,
  status: number,
  type: string,
  body: string,
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
