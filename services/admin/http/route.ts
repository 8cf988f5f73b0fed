import type { DescMethodUnary } from "@bufbuild/protobuf";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import type { UnaryHandler } from "#platform/rpc/handlers.ts";
import type { adminHandlers } from "../rpc/admin-handlers.ts";

/** A route of HTTP JSON: an RPC at another address, through the same pipeline to the same handler. */
export interface Route {
  readonly httpMethod: "GET";
  readonly path: string;
  readonly rpc: DescMethodUnary;
  readonly handler: UnaryHandler<DescMethodUnary>;
}

/** The routes, each tied to its RPC; their requests have no fields. */
export function adminRoutes(handlers: ReturnType<typeof adminHandlers>): readonly Route[] {
  return [route("GET", "/admin/stats", AdminService.method.getStats, handlers.getStats)];
}

function route<M extends DescMethodUnary>(
  httpMethod: Route["httpMethod"],
  path: string,
  rpc: M,
  handler: UnaryHandler<M>,
): Route {
  return { httpMethod, path, rpc, handler: handler as Route["handler"] };
}
