import type { DescMethod } from "@bufbuild/protobuf";
import type { MethodRule } from "#platform/access/method-rule.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { ServiceRoutes, StreamHandler, UnaryHandler } from "#platform/rpc/handlers.ts";

/** An RPC as this service serves it: its own, or another service's that it passes on. */
export interface Operation {
  readonly rule: MethodRule;
  readonly handler: UnaryHandler<DescMethod> | StreamHandler<DescMethod>;
}

/** The operations of the services by their methods; METHOD_UNAVAILABLE for one that nobody serves. */
export function operationsOf(services: readonly ServiceRoutes[]): (rpc: DescMethod) => Operation {
  const byService = new Map(services.map((routes) => [routes.service.typeName, routes]));
  return (rpc) => {
    const routes = byService.get(rpc.parent.typeName);
    if (routes === undefined) throw new Error(`no service for ${rpc.parent.typeName}`);
    return { rule: routes.rule(rpc), handler: routes.handlers[rpc.localName] ?? unavailable };
  };
}

function unavailable(): never {
  throw new CommonError("METHOD_UNAVAILABLE", "this server does not offer the method");
}
