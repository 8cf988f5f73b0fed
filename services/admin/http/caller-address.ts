import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ClientAddress } from "#platform/server/client-address.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Whom the request comes from: the other end of the connection, or whom a trusted proxy names. */
    readonly callerAddress: string;
  }
}

/** Gives every request the address of its caller, by the same rule as calls over RPC. */
export function nameCallers(app: FastifyInstance, addressOf: ClientAddress = (peer) => peer): void {
  app.decorateRequest("callerAddress", {
    getter(this: FastifyRequest): string {
      const { socket, headers } = this.raw;
      const forwardedFor = headers["x-forwarded-for"];
      const text = Array.isArray(forwardedFor) ? forwardedFor.join(", ") : forwardedFor;
      return addressOf(socket.remoteAddress ?? "", text);
    },
  });
}
