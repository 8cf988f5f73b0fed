import assert from "node:assert/strict";
import { ScalarType } from "@bufbuild/protobuf";
import { allRoutes } from "../../services/admin/http/routes/all-routes.ts";
import { routeRequest } from "../../services/admin/testing/route-request.ts";
import type { TestStack } from "../testing/test-stack.ts";
import { hostileTexts } from "./hostile-texts.ts";
import { inBatches } from "./in-batches.ts";
import { assertNothingLeaks } from "./leaks.ts";

/** What cannot be done here, whatever the text: nobody pays. */
const unavailableHere = /STRIPE_NOT_CONFIGURED/;

/** Sends hostile texts in the fields of every JSON route, in its path, query or body; one of so many pairs, or all. */
export async function sendTextsToRoutes(stack: TestStack, oneOf: number): Promise<number> {
  const fields = allRoutes.flatMap((route) =>
    route.rpc.input.fields
      .filter(({ fieldKind, scalar }) => fieldKind === "scalar" && scalar === ScalarType.STRING)
      .filter(({ name }) => name !== "idempotency_key")
      .map(({ jsonName }) => ({ route, jsonName })),
  );
  const attempts = fields.flatMap((field, row) =>
    hostileTexts
      .filter((_, column) => (row + column) % oneOf === 0)
      .map((hostile) => ({ ...field, hostile })),
  );
  const key = { "x-admin-key": stack.environment.ADMIN_KEY ?? "" };
  await inBatches(attempts, async ({ route, jsonName, hostile }) => {
    const { method, url, headers, body } = routeRequest(route, { [jsonName]: hostile.text.toWellFormed() });
    // A line of a request has its bound, like the rest of it.
    if (url.length > 14_000) return;
    const answer = await fetch(stack.url("adminHttp") + url, {
      method,
      headers: { ...headers, ...key },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    const where = `${method} ${route.path}, ${jsonName} with ${hostile.what}: ${answer.status} ${text.slice(0, 500)}`;
    assert.ok(answer.status < 500 || unavailableHere.test(text), where);
    if (answer.status >= 400) {
      assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/, where);
      assertNothingLeaks(text, JSON.stringify(hostile.text).slice(1, -1), where);
    }
  });
  return attempts.length;
}
