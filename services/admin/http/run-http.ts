import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";

/** The HTTP JSON side while it serves. */
export interface RunningHttp {
  readonly port: number;
  /** No new connections; requests under way finish within the grace, then they are cut. */
  drain(graceMs: number): Promise<void>;
}

/** How often connections that fell idle during a drain are closed. */
const drainCheckMs = 25;

/** Listens; port 0 takes any free one. */
export async function runHttp(app: FastifyInstance, host: string, port: number): Promise<RunningHttp> {
  await app.listen({ host, port });
  return {
    port: (app.server.address() as AddressInfo).port,
    async drain(graceMs) {
      const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
      // Replies that had begun before the drain have promised to keep their connections.
      const check = setInterval(() => app.server.closeIdleConnections(), drainCheckMs);
      try {
        await app.close();
      } finally {
        clearTimeout(timer);
        clearInterval(check);
      }
    },
  };
}
