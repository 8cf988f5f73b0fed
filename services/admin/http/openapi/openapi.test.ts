import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { servicesWith, startTestDoor } from "../../testing/test-door.ts";
import { allRoutes } from "../routes/all-routes.ts";
import { idempotencyField } from "../routes/route.ts";

interface Operation {
  readonly operationId: string;
  readonly parameters: ReadonlyArray<{
    name: string;
    in: string;
    required?: boolean;
    schema: object;
    example?: unknown;
  }>;
  readonly requestBody?: { readonly content: Record<string, { schema: object; example: unknown }> };
  readonly responses: Record<
    string,
    { readonly content: Record<string, { schema: object; example?: unknown }> }
  >;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

let server: TestRedis;
let redis: Redis;
let door: Awaited<ReturnType<typeof startTestDoor>>;
let document: Document;

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  door = await startTestDoor({ redis, services: servicesWith(async () => ({})) });
  document = (await door.app.inject({ url: "/openapi.json" })).json();
});

after(async () => {
  await door?.drain();
  await redis?.close();
  await server?.stop();
});

function operationsOf(): Array<[address: string, operation: Operation]> {
  return allRoutes.map(({ httpMethod, path }) => {
    const template = path.replace(/:([A-Za-z]+)/g, "{$1}");
    const operation = document.paths[template]?.[httpMethod.toLowerCase()];
    assert.ok(operation, `${httpMethod} ${template}`);
    return [`${httpMethod} ${path}`, operation];
  });
}

function isDescribed({ description }: { description?: string }): boolean {
  return /\w.{3,}/s.test(description ?? "");
}

/** A validator of values against schemas of the document. */
function createValueCheck() {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "document");
  return (schema: object, value: unknown): string => {
    const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
    return ajv.validate(JSON.parse(text), value) ? "" : ajv.errorsText();
  };
}

describe("/openapi.json", () => {
  test("is valid OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document) as never);
    assert.ok(valid, JSON.stringify(errors ?? []).slice(0, 2_000));
    assert.equal(document.openapi, "3.1.0");
  });

  test("describes every route, each with an id of its own", () => {
    const ids = operationsOf().map(([, { operationId }]) => operationId);
    assert.equal(new Set(ids).size, allRoutes.length);
    const described = Object.values(document.paths).flatMap((path) => Object.keys(path)).length;
    assert.equal(described, allRoutes.length + 3, "the routes and the three of /session");
  });

  test("has examples that its own schemas accept", () => {
    const check = createValueCheck();
    for (const [address, { parameters, requestBody, responses }] of operationsOf()) {
      for (const { name, schema, example } of parameters)
        if (example !== undefined) assert.equal(check(schema, example), "", `${address} ${name}`);
      for (const { schema, example } of Object.values(requestBody?.content ?? {}))
        assert.equal(check(schema, example), "", address);
      const [answer] = Object.values(responses["200"]?.content ?? {});
      assert.ok(answer?.example, address);
    }
  });

  test("says of every field and parameter, in words, what it is", () => {
    const silent: string[] = [];
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== "object" || value === null) return;
      const { properties, parameters } = value as { properties?: object; parameters?: unknown };
      for (const [name, schema] of Object.entries(properties ?? {}))
        if (!isDescribed(schema)) silent.push(`${path}.${name}`);
      if (Array.isArray(parameters))
        for (const parameter of parameters)
          if (!isDescribed(parameter)) silent.push(`${path}?${parameter.name}`);
      for (const [name, inner] of Object.entries(value))
        if (!["example", "examples"].includes(name)) walk(inner, `${path}/${name}`);
    };
    walk(document, "");
    assert.deepEqual(silent, []);
  });

  test("describes problems as they come", async () => {
    const check = createValueCheck();
    const answer = (
      await door.app.inject({
        url: "/admin/stats",
        headers: { "x-admin-key": "x" },
      })
    ).json();
    assert.equal(check({ $ref: "#/components/schemas/Problem" }, answer), "");
  });

  test("asks for the header Idempotency-Key where the routes do", () => {
    const operations = new Map(operationsOf());
    for (const route of allRoutes) {
      const { parameters } = operations.get(`${route.httpMethod} ${route.path}`) as Operation;
      const asked = parameters.some(({ name, required }) => name === "Idempotency-Key" && required === true);
      assert.equal(asked, idempotencyField(route) !== undefined, route.path);
    }
  });
});

describe("/docs", () => {
  test("is a page under a policy that allows nothing from elsewhere and nothing inline", async () => {
    const page = await door.app.inject({ url: "/docs" });
    assert.equal(page.statusCode, 200);
    assert.match(String(page.headers["content-type"]), /^text\/html/);
    const policy = String(page.headers["content-security-policy"]);
    assert.match(policy, /script-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.doesNotMatch(page.body, /<script(?![^>]*src=)[^>]*>\s*\S|<style>\s*\S/);
    const sources = [...page.body.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(([, url = ""]) => url);
    assert.ok(sources.length >= 3);
    for (const source of sources) {
      const { pathname } = new URL(source, "http://x/docs");
      assert.equal((await door.app.inject({ url: pathname })).statusCode, 200, pathname);
    }
    const shown = await door.app.inject({ url: "/docs/json" });
    assert.deepEqual(Object.keys(shown.json().paths), Object.keys(document.paths));
  });
});
