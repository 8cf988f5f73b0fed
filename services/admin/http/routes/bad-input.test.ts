import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type DescField, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { routeRequest } from "../../testing/route-request.ts";
import { servicesWith, startTestDoor, testAdminKey } from "../../testing/test-door.ts";
import { boundsOf, isRequired, rulesOf } from "../schema/field-bounds.ts";
import { allRoutes } from "./all-routes.ts";
import { freeFields, hasBody, idempotencyField, type Route } from "./route.ts";

let server: TestRedis;
let redis: Redis;
let door: Awaited<ReturnType<typeof startTestDoor>>;
let handled = 0;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  const services = servicesWith(async () => {
    handled += 1;
    return {};
  });
  door = await startTestDoor({ redis, services });
});

after(async () => {
  await door?.drain();
  await redis?.close();
  await server?.stop();
});

/** A request of a route: the example, with some of it replaced. */
interface Sent {
  readonly json?: JsonObject;
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly omit?: string;
}

function send(route: Route, { json = {}, query, headers = {}, omit }: Sent) {
  const changes = omit === undefined ? json : { ...json, [omit]: undefined };
  const { url, headers: own, ...request } = routeRequest(route, changes);
  const extra = query === undefined ? "" : `${url.includes("?") ? "&" : "?"}${query}`;
  return door.app.inject({
    method: request.method,
    url: url + extra,
    headers: { "x-admin-key": testAdminKey, ...own, ...headers },
    ...(request.body === undefined ? {} : { payload: request.body }),
  });
}

/** A value that the field cannot have; undefined for a field of a query that takes every text. */
function wrongValue(route: Route, field: DescField): JsonValue | undefined {
  if (hasBody(route)) return field.fieldKind === "message" ? 7 : { wrong: true };
  if (field.fieldKind === "message" || field.fieldKind === "map") return "wrong";
  if (field.enum !== undefined || (field.scalar !== undefined && field.scalar !== ScalarType.STRING))
    return "wrong";
  return undefined;
}

/** A text that breaks a field's own bounds; undefined if it has none. */
function badText(field: DescField): string | undefined {
  const rules =
    field.fieldKind === "scalar" && field.scalar === ScalarType.STRING ? rulesOf(field) : undefined;
  if (rules === undefined) return undefined;
  const { maxLength, pattern } = boundsOf(rules);
  if (typeof maxLength === "number") return "x".repeat(maxLength + 1);
  return typeof pattern === "string" ? "\u0001 \n" : undefined;
}

const nameOf = ({ httpMethod, path }: Route) => `${httpMethod} ${path}`;

/** The faults of a route's fields, each with the name that the problem must state. */
function faultsOf(route: Route): Array<{ what: string; field: string; sent: Sent }> {
  const faults: Array<{ what: string; field: string; sent: Sent }> = [];
  if (hasBody(route)) {
    faults.push({ what: "an unknown field", field: "surprise", sent: { json: { surprise: 1 } } });
    faults.push({ what: "a field in the query", field: "surprise", sent: { query: "surprise=1" } });
  } else faults.push({ what: "an unknown field", field: "surprise", sent: { query: "surprise=1" } });
  for (const field of freeFields(route)) {
    const name = field.jsonName;
    const wrong = wrongValue(route, field);
    if (wrong !== undefined)
      faults.push({ what: `a wrong ${name}`, field: name, sent: { json: { [name]: wrong } } });
    const text = badText(field);
    if (text !== undefined && field.oneof === undefined)
      faults.push({ what: `an unfit ${name}`, field: name, sent: { json: { [name]: text } } });
    if (isRequired(field)) faults.push({ what: `no ${name}`, field: name, sent: { omit: name } });
  }
  if (idempotencyField(route) !== undefined)
    faults.push({
      what: "an unfit key",
      field: "Idempotency-Key",
      sent: { headers: { "idempotency-key": "x".repeat(256) } },
    });
  return faults;
}

describe("bad input", () => {
  for (const route of allRoutes) {
    test(`to ${nameOf(route)} is refused by the name of the field, and nothing is done`, async () => {
      const before = handled;
      for (const { what, field, sent } of faultsOf(route)) {
        const response = await send(route, sent);
        const where = `${what}: ${response.body}`;
        assert.equal(response.statusCode, 400, where);
        assert.match(String(response.headers["content-type"]), /^application\/problem\+json/, where);
        const { reason, errors, detail } = response.json();
        assert.equal(reason, "REQUEST_INVALID", where);
        const names = (errors ?? []).map((error: { field: string }) => error.field);
        assert.ok(
          names.some(
            (name: string) => name === field || name.startsWith(`${field}.`) || name.startsWith(`${field}[`),
          ),
          where,
        );
        assert.ok(detail.startsWith(`${errors[0].field}: `), where);
      }
      assert.equal(handled, before);
    });
  }

  test("is not what an empty body is, whatever type it states", async () => {
    for (const [method, url] of [
      ["DELETE", "/admin/alerts/inhibitions/store-down"],
      ["POST", "/admin/alerts/silences/si_1/expire"],
    ] as const) {
      const headers = { "x-admin-key": testAdminKey, "content-type": "application/json" };
      assert.equal((await door.app.inject({ method, url, headers })).statusCode, 200, url);
    }
  });

  test("in the body of a DELETE is refused", async () => {
    const url = "/admin/alerts/inhibitions/store-down";
    const headers = { "x-admin-key": testAdminKey };
    const response = await door.app.inject({ method: "DELETE", url, headers, payload: { a: 1 } });
    assert.deepEqual([response.statusCode, response.json().reason], [400, "REQUEST_INVALID"]);
  });

  test("in the form of a list or a text for a body is refused", async () => {
    for (const payload of ["[]", '"text"', "7"]) {
      const response = await door.app.inject({
        method: "POST",
        url: "/admin/accounts",
        headers: { "x-admin-key": testAdminKey, "content-type": "application/json" },
        payload,
      });
      assert.equal(response.statusCode, 400, payload);
      assert.match(response.json().detail, /JSON object/);
    }
  });
});

describe("good input", () => {
  for (const route of allRoutes) {
    test(`to ${nameOf(route)}, as in its example, reaches the service`, async () => {
      const before = handled;
      const response = await send(route, {});
      assert.equal(response.statusCode, 200, response.body);
      assert.equal(handled, before + 1);
    });
  }
});

describe("the header Idempotency-Key", () => {
  const withKey = allRoutes.filter((route) => idempotencyField(route) !== undefined);

  test("is asked for by every route that moves money", () => {
    assert.ok(withKey.length >= 9, String(withKey.length));
  });

  for (const route of withKey) {
    test(`is missing for ${nameOf(route)}: 400`, async () => {
      const before = handled;
      const { method, url, body } = routeRequest(route);
      const headers = { "x-admin-key": testAdminKey, "content-type": "application/json" };
      const response = await door.app.inject({ method, url, headers, payload: body ?? "" });
      assert.equal(response.statusCode, 400);
      assert.equal(response.json().reason, "IDEMPOTENCY_KEY_MISSING");
      assert.deepEqual(response.json().errors, [{ field: "Idempotency-Key", description: "is missing" }]);
      assert.equal(handled, before);
    });
  }
});
