import { create, type DescMessage, type DescMethod, type JsonObject, toJson } from "@bufbuild/protobuf";
import { methodRule } from "#platform/access/method-rule.ts";
import { CommonError } from "#platform/errors/common-error.ts";
import type { Call } from "#platform/rpc/call.ts";
import type { ServiceRoutes, UnaryHandler } from "#platform/rpc/handlers.ts";
import type { AdminKeyVerifier } from "../domain/access/admin-key-verifier.ts";
import { auditChange } from "../domain/audit/audit-change.ts";
import type { AuditLog } from "../domain/audit/audit-log.ts";
import { accountIn, describeChange, isChange, readingOf } from "./change-description.ts";
import { originOf } from "./change-origin.ts";

/** What auditing needs. */
export interface AuditedRoutesParts {
  readonly auditLog: AuditLog;
  readonly keyVerifier: AdminKeyVerifier;
}

type Handler = UnaryHandler<DescMethod>;

/** Methods of other services that Admin does not pass on, and what to call instead. */
const replacements: Readonly<Record<string, string>> = {
  "billing.core.v1.BillingCoreService/AdjustBalance":
    "corrections are made by AdjustBalance of billing.admin.v1.AdminService, which may ask for a second key",
};

/**
 * The same methods of another service with each change audited: who, what, before, after, why, from where, and how
 * it ended. What only reads is passed on as it is.
 */
export function auditedRoutes(routes: ServiceRoutes, parts: AuditedRoutesParts): ServiceRoutes {
  const handlers = routes.service.methods.map((method) => {
    const handler = routes.handlers[method.localName];
    const replacement = replacements[`${method.parent.typeName}/${method.name}`];
    if (replacement !== undefined) return [method.localName, refuse(replacement)];
    const audited = handler !== undefined && isChange(method);
    return [method.localName, audited ? audit(routes, method, handler as Handler, parts) : handler];
  });
  return { ...routes, handlers: Object.fromEntries(handlers) };
}

function refuse(replacement: string): Handler {
  return () => {
    throw new CommonError("METHOD_UNAVAILABLE", replacement);
  };
}

function audit(
  routes: ServiceRoutes,
  method: DescMethod,
  handler: Handler,
  parts: AuditedRoutesParts,
): Handler {
  const { scope } = methodRule(method);
  return async (request, call) => {
    const asked = jsonOf(method.input, request);
    const description = describeChange(asked);
    const attempt = {
      ...(await originOf(call, parts.keyVerifier)),
      ...description,
      before: await readBefore(routes, readingOf(method, scope, description.targetType, asked), call),
    };
    const { result } = await auditChange(
      parts.auditLog,
      attempt,
      async () => handler(request, call),
      (answer) => {
        const after = jsonOf(method.output, answer);
        return { after, accountId: description.accountId || accountIn(after) };
      },
    );
    return result;
  };
}

/** The target as it is, read with the caller's rights; undefined if there is none or it cannot be read. */
async function readBefore(
  { handlers }: ServiceRoutes,
  reading: ReturnType<typeof readingOf>,
  call: Call,
): Promise<JsonObject | undefined> {
  const handler = reading && (handlers[reading.method.localName] as Handler | undefined);
  if (handler === undefined || reading === undefined) return undefined;
  try {
    return jsonOf(reading.method.output, await handler(reading.request as never, call));
  } catch {
    // Whatever is wrong, the change itself will say it.
    return undefined;
  }
}

function jsonOf(schema: DescMessage, message: object): JsonObject {
  return toJson(schema, create(schema, message as never), { useProtoFieldName: true }) as JsonObject;
}
