import assert from "node:assert/strict";
import { fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import { allRoutes } from "../../services/admin/http/routes/all-routes.ts";
import { idempotencyField, type Route } from "../../services/admin/http/routes/route.ts";
import { type RouteRequest, routeRequest } from "../../services/admin/testing/route-request.ts";
import type { TestStack } from "../testing/test-stack.ts";
import { hostileTexts, unavailableHere } from "./hostile-texts.ts";
import { inBatches } from "./in-batches.ts";
import { assertNothingLeaks } from "./leaks.ts";
import { askRoute } from "./route-answer.ts";
import { textFieldsOf } from "./text-fields.ts";

/** Headers carry no more than this; what a client cannot send is not tried there. */
const headerText = /^[\t\x20-\x7e\x80-\xff]{0,8000}$/;

/** A place for a text in the request of a route. */
interface RoutePlace {
  readonly route: Route;
  readonly path: string;
  /** Undefined where a client cannot send the text. */
  readonly request: (text: string) => RouteRequest | undefined;
}

/** All places for texts: fields in path, query and body, those within messages, lists and maps, and the header. */
function placesOf(route: Route): RoutePlace[] {
  const { input } = route.rpc;
  const key = idempotencyField(route);
  const example = fromJson(input, route.example);
  const fields = textFieldsOf(input).filter(({ path }) => path !== key?.name);
  const places = fields.map(({ path, fill }): RoutePlace => {
    const own = input.fields.find(({ name }) => name === path);
    return {
      route,
      path,
      request: (text) => {
        // A field by itself may be empty, too, which the JSON of a message leaves out.
        if (own !== undefined) return routeRequest(route, { [own.jsonName]: text });
        return routeRequest(route, toJson(input, fill(example, text)) as JsonObject);
      },
    };
  });
  if (key === undefined) return places;
  const request = (text: string) => {
    if (!headerText.test(text)) return undefined;
    const sent = routeRequest(route);
    return { ...sent, headers: { ...sent.headers, "idempotency-key": text } };
  };
  return [...places, { route, path: "Idempotency-Key", request }];
}

/** Sends hostile texts in every place of every JSON route; one of so many pairs, or all. */
export async function sendTextsToRoutes(stack: TestStack, oneOf: number): Promise<number> {
  const places = allRoutes.flatMap(placesOf);
  const attempts = places.flatMap((place, row) =>
    hostileTexts
      .filter((_, column) => (row + column) % oneOf === 0)
      .map((hostile) => ({ ...place, hostile })),
  );
  const key = { "x-admin-key": stack.environment.ADMIN_KEY ?? "" };
  await inBatches(attempts, async ({ route, path, request, hostile }) => {
    const sent = request(hostile.text.toWellFormed());
    // A line of a request has its bound, like the rest of it.
    if (sent === undefined || sent.url.length > 14_000) return;
    const { method, url, headers, body } = sent;
    const { status, contentType, text } = await askRoute(stack, url, {
      method,
      headers: { ...headers, ...key },
      ...(body === undefined ? {} : { body }),
    });
    const where = `${method} ${route.path}, ${path} with ${hostile.what}: ${status} ${text.slice(0, 500)}`;
    assert.ok(status < 500 || unavailableHere.has(JSON.parse(text).reason), where);
    if (status >= 400) {
      assert.match(contentType, /^application\/problem\+json/, where);
      assertNothingLeaks(text, JSON.stringify(hostile.text).slice(1, -1), where);
    }
  });
  return attempts.length;
}
