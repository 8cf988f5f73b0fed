import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fastifyStatic } from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { strictPolicy } from "./content-policy.ts";

/** Where the build of the dashboard lies. */
export const dashboardFolder = resolve(import.meta.dirname, "../dashboard/dist");

/** Names of built files carry a digest of their contents. */
const assetsMaxAgeMs = 365 * 24 * 60 * 60_000;

/** Pages of the dashboard that are no file: its own router finds them. */
export type PageFallback = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;

/**
 * The dashboard at `/`; while it is not built, a page that says how to build it.
 *
 * @returns what answers a browser that asks for a page within the dashboard.
 */
export async function addDashboard(app: FastifyInstance, folder = dashboardFolder): Promise<PageFallback> {
  if (!existsSync(join(folder, "index.html"))) {
    app.get("/", async (_request, reply) =>
      reply.header("content-security-policy", strictPolicy).type("text/html; charset=utf-8").send(hintPage),
    );
    return () => undefined;
  }
  await app.register(fastifyStatic, {
    root: folder,
    wildcard: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const isAsset = path.includes(`${folder}/assets/`);
      reply.header("content-security-policy", strictPolicy);
      reply.header(
        "cache-control",
        isAsset ? `public, max-age=${assetsMaxAgeMs / 1_000}, immutable` : "no-cache",
      );
    },
  });
  return (request, reply) => (wantsPage(request) ? reply.sendFile("index.html") : undefined);
}

/** A browser that follows a link, not a program that misspelt a route. */
function wantsPage({ method, headers, url }: FastifyRequest): boolean {
  const isRead = method === "GET" || method === "HEAD";
  return isRead && String(headers.accept).includes("text/html") && !/^\/(admin|rpc|assets)\//.test(url);
}

const hintPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Holdfast Admin</title>
  </head>
  <body>
    <h1>Holdfast Admin</h1>
    <p>This is the operators' service. Its dashboard is not built here: run <code>make dev</code>, or
      <code>node_modules/.bin/vite build services/admin/dashboard</code>, and start Admin again.</p>
    <p>Everything else works: <a href="/docs">the routes and how to call them</a>, the same
      <a href="/openapi.json">for programs</a>, and <a href="/readyz">whether the service is ready</a>.</p>
  </body>
</html>
`;
