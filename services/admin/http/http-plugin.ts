import type { FastifyInstance } from "fastify";

/** A route of HTTP that is no RPC at another address. */
export interface HttpPlugin {
  readonly path: string;
  /** Its methods; others are answered 405. */
  readonly methods: readonly string[];
  /** Whether the bound of requests from one address does not hold for it. Default false. */
  readonly isUnlimited?: boolean;
  register(app: FastifyInstance): Promise<void>;
}
