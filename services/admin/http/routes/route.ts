import type { DescField, DescMethod, JsonObject } from "@bufbuild/protobuf";
import { defaultMaxRequestBytes } from "#platform/access/method-rule.ts";

/** A route of HTTP JSON: an RPC of one of the five services at an address of its own. */
export interface Route {
  readonly httpMethod: HttpMethod;
  /**
   * The path; `:accountId` stands for a field of the request by its JSON name. The other fields are the query of GET
   * and DELETE, and the body of the others.
   */
  readonly path: string;
  readonly rpc: DescMethod;
  /** What it is for, in a few words. */
  readonly summary: string;
  /** A request that works in the right circumstances, in JSON, path and query included. */
  readonly example: JsonObject;
}

export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

type RouteMaker = (path: string, rpc: DescMethod, summary: string, example?: JsonObject) => Route;

function maker(httpMethod: HttpMethod): RouteMaker {
  return (path, rpc, summary, example = {}) => ({ httpMethod, path, rpc, summary, example });
}

export const get = maker("GET");
export const post = maker("POST");
export const put = maker("PUT");
export const patch = maker("PATCH");
export const del = maker("DELETE");

/** The names of the fields that stand in the path. */
export function pathFields({ path }: Pick<Route, "path">): string[] {
  return [...path.matchAll(/:([A-Za-z]+)/g)].map(([, name = ""]) => name);
}

/** The field that the header Idempotency-Key fills; undefined if the call needs none. */
export function idempotencyField(route: Pick<Route, "rpc">): DescField | undefined {
  return route.rpc.input.field.idempotencyKey;
}

/** Whether the other fields are in the body. */
export function hasBody({ httpMethod }: Pick<Route, "httpMethod">): boolean {
  return httpMethod !== "GET" && httpMethod !== "DELETE";
}

/** The fields that stand neither in the path nor in a header. */
export function freeFields(route: Route): DescField[] {
  const taken = new Set(pathFields(route));
  return route.rpc.input.fields.filter(
    (field) => !taken.has(field.jsonName) && field !== idempotencyField(route),
  );
}

/** The bytes that a body may have: Base64 makes what a large method takes a third longer. */
export function maxBodyBytes(maxRequestBytes: number, defaultBytes: number): number {
  return maxRequestBytes <= defaultMaxRequestBytes ? defaultBytes : Math.ceil((maxRequestBytes * 4) / 3);
}
