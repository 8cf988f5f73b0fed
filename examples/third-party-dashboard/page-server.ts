import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { build } from "vite";
import type { ServiceUrls } from "./page/services.ts";

/** Where the page stands, and where it finds the services. */
export interface PageServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly services: ServiceUrls;
}

/** The page, served. */
export interface PageServer {
  /** As browsers name it, and as the services' CORS_ORIGINS must. */
  readonly origin: string;
  close(): void;
}

interface PageFile {
  readonly type: string;
  readonly body: string | Uint8Array;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Builds the page and serves it: files only, nothing that knows a secret. */
export async function startPageServer({ host, port, services }: PageServerOptions): Promise<PageServer> {
  const files = await buildPage();
  files.set("/services.json", { type: "application/json", body: JSON.stringify(services) });
  const headers = securityHeaders(Object.values(services));
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? "/";
    answer(response, request.method, files.get(path === "/" ? "/index.html" : path), headers);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    origin: `http://${host}:${taken}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The bundle, in memory: path → file. */
async function buildPage(): Promise<Map<string, PageFile>> {
  const built = await build({
    root: join(import.meta.dirname, "page"),
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      target: ["chrome123", "edge123", "firefox125", "safari17.5"],
      // The content policy allows no data in scripts, styles and fonts.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1_000,
    },
  });
  if (!("output" in built)) throw new Error("the page was built as something else than one bundle");
  return new Map(
    built.output.map((file) => {
      const type = contentTypes[extname(file.fileName)] ?? "application/octet-stream";
      return [`/${file.fileName}`, { type, body: file.type === "chunk" ? file.code : file.source }];
    }),
  );
}

/** Scripts of this origin alone, which may talk to it and to the services, and to nobody else. */
function securityHeaders(serviceUrls: readonly string[]): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${serviceUrls.join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "Content-Security-Policy": policy.join("; "),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
  };
}

function answer(
  response: ServerResponse,
  method: string | undefined,
  file: PageFile | undefined,
  headers: Readonly<Record<string, string>>,
): void {
  const isRead = method === "GET" || method === "HEAD";
  if (file === undefined || !isRead) {
    response.writeHead(isRead ? 404 : 405, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, "Content-Type": file.type }).end(method === "HEAD" ? "" : file.body);
}
