import type { JsonObject } from "@bufbuild/protobuf";
import type { FastifyRequest } from "fastify";
import { CommonError, invalidField } from "#platform/errors/common-error.ts";
import { AdminError } from "../../domain/admin-error.ts";
import { hasBody, idempotencyField, pathFields, type Route } from "../routes/route.ts";
import { type Query, queryJson } from "./query-json.ts";

/** The request of a route in JSON, from its path, its query or body, and the header Idempotency-Key. */
export function requestJson(route: Route, request: FastifyRequest): JsonObject {
  const path = request.params as Record<string, string>;
  const query = request.query as Query;
  const given = hasBody(route) ? bodyOf(request) : queryOf(route, request);
  if (hasBody(route)) refuseFields(Object.keys(query), "stands in the query, but belongs into the body");
  refuseFields(
    pathFields(route).filter((name) => name in given),
    "stands in the path already",
  );
  return { ...given, ...path, ...idempotencyKey(route, request, given) };
}

function bodyOf({ body }: FastifyRequest): JsonObject {
  if (body === undefined || body === null) return {};
  if (typeof body !== "object" || Array.isArray(body))
    throw new CommonError("REQUEST_INVALID", "the body must be a JSON object");
  return body as JsonObject;
}

function queryOf({ rpc, httpMethod }: Route, { query, body }: FastifyRequest): JsonObject {
  if (body !== undefined && body !== null)
    throw new CommonError("REQUEST_INVALID", `the fields of ${httpMethod} stand in the query, not in a body`);
  return queryJson(rpc.input, query as Query);
}

function idempotencyKey(route: Route, { headers }: FastifyRequest, given: JsonObject): JsonObject {
  const field = idempotencyField(route);
  if (field === undefined) return {};
  refuseFields(
    [field.jsonName, field.name].filter((name) => name in given),
    "stands in the header Idempotency-Key",
  );
  const key = headers["idempotency-key"];
  if (key === undefined)
    throw new AdminError("IDEMPOTENCY_KEY_MISSING", "the header Idempotency-Key is missing", {
      fields: [{ field: "Idempotency-Key", description: "is missing" }],
    });
  return { [field.jsonName]: String(key) };
}

function refuseFields([first]: readonly string[], description: string): void {
  if (first !== undefined) throw invalidField(first, description);
}
