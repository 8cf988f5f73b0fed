import { randomUUID } from "node:crypto";
import { fastifyCookie } from "@fastify/cookie";
import helmet from "@fastify/helmet";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { ErrorCatalogue } from "#platform/errors/catalogue.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { Logger } from "#platform/observe/log.ts";
import type { NodeHandler } from "#platform/rpc/connect-door.ts";
import type { ClientAddress } from "#platform/server/client-address.ts";
import { keepAliveInitialDelayMs } from "#platform/server/tls.ts";
import { AdminError } from "../domain/admin-error.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { nameCallers } from "./caller-address.ts";
import { addDashboard } from "./dashboard-pages.ts";
import { httpLimits } from "./http-limits.ts";
import type { HttpPlugin } from "./http-plugin.ts";
import { inJsonNames } from "./mapping/json-field-names.ts";
import { toProblem } from "./problem.ts";
import { limitRequests, type RequestLimit } from "./rate-limit.ts";
import { maxBodyBytes, type Route } from "./routes/route.ts";
import { type RouteParts, serveRoute } from "./serve-route.ts";

/** What the HTTP side works with. */
export interface HttpServerOptions {
  readonly routes: readonly Route[];
  readonly routeParts: RouteParts;
  /** Pages and routes that are no RPC at another address. */
  readonly plugins: readonly HttpPlugin[];
  readonly catalogue: ErrorCatalogue;
  /** `/healthz`, `/readyz` and `/metrics`. */
  readonly operationsPages: NodeHandler;
  readonly requestLimit: Pick<RequestLimit, "redis" | "perMinute">;
  /** Where the build of the dashboard lies, if elsewhere than beside the sources. */
  readonly dashboardFolder?: string | undefined;
  /** Whose address a request counts as; default the other end of the connection. */
  readonly addressOf?: ClientAddress | undefined;
  readonly log: Logger;
  readonly tls?: { readonly cert: string; readonly key: string };
}

const requestIdForm = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Builds the HTTP JSON side; it does not listen yet. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: httpLimits.bodyBytes,
    requestTimeout: httpLimits.requestMs,
    keepAliveTimeout: httpLimits.keepAliveMs,
    maxRequestsPerSocket: httpLimits.requestsPerConnection,
    forceCloseConnections: "idle",
    // While it drains, a request on an open connection is still answered, with Connection: close.
    return503OnClosing: false,
    genReqId: ({ headers }) => {
      const given = String(headers["x-request-id"] ?? "");
      return requestIdForm.test(given) ? given : randomUUID();
    },
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => sendProblem(options, error, request, reply as FastifyReply),
    clientErrorHandler: answerBrokenRequest(options.catalogue),
    ...serverSettings(options.tls),
  }) as unknown as FastifyInstance;
  app.server.maxConnections = httpLimits.connections;

  nameCallers(app, options.addressOf);
  await app.register(helmet);
  await app.register(fastifyCookie);
  readJson(app);
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ "x-request-id": request.id, "cache-control": "no-store" });
  });
  const unlimited = options.plugins.filter(({ isUnlimited }) => isUnlimited).map(({ path }) => path);
  await limitRequests(app, { ...options.requestLimit, freePaths: [...operationsPaths, ...unlimited] });
  app.setErrorHandler((error, request, reply) => sendProblem(options, error, request, reply));
  const pageWithin = await addDashboard(app, options.dashboardFolder);
  app.setNotFoundHandler((request, reply) => {
    const page = pageWithin(request, reply);
    if (page !== undefined) return page;
    throw noSuchRoute(request);
  });
  addPages(app, options);
  for (const route of options.routes) addRoute(app, options.routeParts, route);
  for (const plugin of options.plugins) await app.register(plugin.register);
  refuseOtherMethods(app, options);
  return app;
}

/** Many clients state the type of a body also where there is none. */
function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else parse(request, body, done);
  });
}

function addRoute(app: FastifyInstance, parts: RouteParts, route: Route): void {
  const { rule } = parts.operationOf(route.rpc);
  app.route({
    method: route.httpMethod,
    url: route.path,
    bodyLimit: maxBodyBytes(rule.maxRequestBytes, httpLimits.bodyBytes),
    config: { route } as object,
    ...serveRoute(parts, route),
  });
}

function serverSettings(tls: HttpServerOptions["tls"]): object {
  const http = {
    maxHeaderSize: httpLimits.headerBytes,
    headersTimeout: httpLimits.headersMs,
    connectionsCheckingInterval: httpLimits.checkMs,
    // A caller of a stream that vanished without a word is found out.
    keepAlive: true,
    keepAliveInitialDelay: keepAliveInitialDelayMs,
  };
  return tls === undefined
    ? { http }
    : { https: { ...http, ...tls, handshakeTimeout: httpLimits.handshakeMs } };
}

function addPages(app: FastifyInstance, options: HttpServerOptions): void {
  for (const path of operationsPaths) {
    app.get(path, (request, reply) => {
      reply.hijack();
      options.operationsPages(request.raw, reply.raw);
    });
  }
}

const operationsPaths = ["/healthz", "/readyz", "/metrics"] as const;

/** A path that exists answers 405 to other methods and names its own. */
function refuseOtherMethods(app: FastifyInstance, options: HttpServerOptions): void {
  const methodsByPath = new Map<string, string[]>(
    ["/", ...operationsPaths].map((path) => [path, ["GET", "HEAD"]]),
  );
  for (const { path, httpMethod } of options.routes) {
    const methods = methodsByPath.get(path) ?? [];
    methodsByPath.set(path, [...methods, httpMethod, ...(httpMethod === "GET" ? ["HEAD"] : [])]);
  }
  for (const { path, methods } of options.plugins) methodsByPath.set(path, [...methods]);
  for (const [path, allowed] of methodsByPath) {
    app.route({
      method: app.supportedMethods.filter((method) => !allowed.includes(method)),
      url: path,
      handler: (request, reply) => {
        reply.header("allow", allowed.join(", "));
        return sendProblem(options, noSuchRoute(request), request, reply, 405);
      },
    });
  }
}

function noSuchRoute(request: FastifyRequest): AdminError {
  const path = request.url.split("?", 1)[0]?.slice(0, 200) ?? "";
  return new AdminError("ROUTE_NOT_FOUND", `there is no ${request.method} ${path}`, {
    metadata: { method: request.method, path },
  });
}

/** Sends whatever was thrown as a problem. */
function sendProblem(
  { catalogue, log }: HttpServerOptions,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  status?: number,
): FastifyReply {
  const fault = asFrameworkFault(error, request);
  const { route } = request.routeOptions.config as { readonly route?: Route };
  const told = toProblem(catalogue, fault?.error ?? error, request.id, status ?? fault?.status);
  const problem = route === undefined ? told : inJsonNames(route, told);
  if (problem.reason === "INTERNAL") log.error({ request_id: request.id, err: error }, "request failed");
  if (problem.retry_after_ms !== undefined)
    reply.header("retry-after", String(Math.ceil(problem.retry_after_ms / 1_000)));
  if (problem.status === 401) reply.header("www-authenticate", "Bearer");
  return (
    reply
      .code(problem.status)
      // Hooks do not run for requests that the router refuses.
      .header("x-request-id", request.id)
      .type("application/problem+json")
      .send(`${JSON.stringify(problem)}\n`)
  );
}

/** A request that the framework refused: its own status, our reason. */
function asFrameworkFault(
  error: unknown,
  request: FastifyRequest,
): { error: CommonError; status: number } | undefined {
  const { statusCode, message, code } = error as { statusCode?: number; message?: string; code?: string };
  if (typeof code !== "string" || !code.startsWith("FST_") || statusCode === undefined) return undefined;
  if (statusCode === 413) {
    const metadata = { max_bytes: String(request.routeOptions.bodyLimit) };
    return {
      status: 413,
      error: new CommonError("REQUEST_TOO_LARGE", "the body is too large", { metadata }),
    };
  }
  if (statusCode >= 500) return undefined;
  return { status: statusCode, error: new CommonError("REQUEST_INVALID", String(message), { cause: error }) };
}
