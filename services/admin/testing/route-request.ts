import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { hasBody, idempotencyField, pathFields, type Route } from "../http/routes/route.ts";

/** A request over HTTP, without credentials. */
export interface RouteRequest {
  readonly method: Route["httpMethod"];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The request of a route as in its example, with these fields replaced or, where undefined, left out. */
export function routeRequest(
  route: Route,
  changes: Readonly<Record<string, JsonValue | undefined>> = {},
): RouteRequest {
  const request: Readonly<Record<string, JsonValue | undefined>> = { ...route.example, ...changes };
  const path = route.path.replace(/:([A-Za-z]+)/g, (_, name: string) =>
    encodeURIComponent(String(request[name])),
  );
  const inPath = new Set(pathFields(route));
  const rest = Object.fromEntries(
    Object.entries(request).filter(([name, value]) => !inPath.has(name) && value !== undefined),
  ) as JsonObject;
  const key = idempotencyField(route) === undefined ? {} : { "idempotency-key": "k-1" };
  return hasBody(route)
    ? {
        method: route.httpMethod,
        url: path,
        headers: { "content-type": "application/json", ...key },
        body: JSON.stringify(rest),
      }
    : { method: route.httpMethod, url: `${path}?${toQuery(rest)}`, headers: key, body: undefined };
}

function toQuery(json: JsonObject, prefix = ""): string {
  return Object.entries(json)
    .flatMap(([name, value]) => parameters(`${prefix}${name}`, value))
    .join("&");
}

function parameters(name: string, value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => parameters(name, each));
  if (typeof value === "object" && value !== null) return [toQuery(value, `${name}.`)];
  return [`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`];
}
