import type { IncomingMessage, ServerResponse } from "node:http";
import type { HealthState } from "../health/health.ts";
import type { Metrics } from "../observe/metrics.ts";
import { metricsTextFor } from "../observe/text-format.ts";
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

interface PageContent {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Page = (request: { readonly headers: { readonly accept?: string | undefined } }) => Promise<PageContent>;

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
        peers: await options.peers().catch(() => ({})),
      });
    },
    "/metrics": async ({ headers }) => ({
      status: 200,
      ...metricsTextFor(headers.accept, await options.metrics.page()),
    }),
  };
  return (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    const readable = request.method === "GET" || request.method === "HEAD";
    const answer = page === undefined ? notFound(path) : readable ? page(request) : notAllowed();
    answer
      .catch(() => problem(500, "Internal fault"))
      .then((content) => send(response as ServerResponse, request as IncomingMessage, content));
  };
}

async function json(status: number, value: object): Promise<PageContent> {
  return { status, type: "application/json", body: `${JSON.stringify(value)}\n` };
}

async function problem(status: number, title: string, more: object = {}): Promise<PageContent> {
  const body = JSON.stringify({ type: "about:blank", status, title, ...more });
  return { status, type: "application/problem+json", body: `${body}\n` };
}

function notFound(path: string): Promise<PageContent> {
  return problem(404, "Not found", { detail: `nothing is served at ${path.slice(0, 200)}` });
}

function notAllowed(): Promise<PageContent> {
  return problem(405, "Method not allowed");
}

function send(response: ServerResponse, request: IncomingMessage, { status, type, body }: PageContent): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(status === 405 ? { allow: "GET, HEAD" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}
