import assert from "node:assert/strict";
import { Ownership } from "#gen/billing/options/v1/options_pb.ts";
import { methodRule } from "#platform/access/method-rule.ts";
import { allRoutes } from "../../services/admin/http/routes/all-routes.ts";
import type { Route } from "../../services/admin/http/routes/route.ts";
import { routeRequest } from "../../services/admin/testing/route-request.ts";
import { knownScopes } from "../contract/rpc-list.ts";
import type { TestStack } from "../testing/test-stack.ts";
import type { ForgedToken } from "./forged-tokens.ts";
import { inBatches } from "./in-batches.ts";
import { assertNothingLeaks } from "./leaks.ts";
import { askRoute } from "./route-answer.ts";

/** A credential at a route, and the refusal: status and reasons that fit. */
interface Attempt {
  readonly route: Route;
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  readonly reason: RegExp;
}

/** Tries to get past the gate of every JSON route; gives how many attempts were refused. */
export async function walkRoutes(
  stack: TestStack,
  forged: readonly ForgedToken[],
  oneOf: number,
): Promise<number> {
  const forgeries = allRoutes.flatMap((route, row) =>
    forged
      .filter((_, column) => (row + column) % oneOf === 0)
      .map(({ what, token, reason }) => refusal(route, what, bearer(token), 401, reason)),
  );
  const attempts = [...forgeries, ...(await rightlessAttempts(stack))];
  await inBatches(attempts, (attempt) => refuse(stack, attempt));
  return attempts.length;
}

async function rightlessAttempts(stack: TestStack): Promise<Attempt[]> {
  const none = bearer(await stack.token({ scopes: [] }));
  const ofOne = bearer(await stack.token({ account: "mine" }));
  const perRoute = allRoutes.map(async (route) => {
    const { scope, ownership } = methodRule(route.rpc);
    const others = await stack.token({ scopes: knownScopes.filter((known) => known !== scope) });
    const owned = {
      [Ownership.OPERATOR]: [refusal(route, "of one account", ofOne, 403, "ACCOUNT_NOT_PERMITTED")],
      [Ownership.FIELD]: [
        refusal(route, "of another account", ofOne, 0, "ACCOUNT_NOT_PERMITTED|.*_NOT_FOUND"),
      ],
    }[ownership as number];
    return [
      refusal(route, "that is not there", {}, 401, "ADMIN_KEY_MISSING"),
      refusal(route, "that is a wrong key", { "x-admin-key": "x".repeat(43) }, 401, "ADMIN_KEY_INVALID"),
      refusal(route, "without scopes", none, 403, "SCOPE_MISSING"),
      refusal(route, "with all scopes but its own", bearer(others), 403, "SCOPE_MISSING"),
      ...(owned ?? []),
    ];
  });
  return (await Promise.all(perRoute)).flat();
}

function refusal(
  route: Route,
  what: string,
  headers: Attempt["headers"],
  status: number,
  reason: string,
): Attempt {
  return { route, what, headers, status, reason: new RegExp(`^(${reason})$`) };
}

function bearer(token: string) {
  return { authorization: `Bearer ${token}` };
}

async function refuse(stack: TestStack, { route, what, headers, status, reason }: Attempt): Promise<void> {
  const { method, url, headers: own, body } = routeRequest(route);
  const answer = await askRoute(stack, url, {
    method,
    headers: { ...own, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const { text } = answer;
  const where = `${method} ${route.path} to a token ${what}: ${text.slice(0, 500)}`;
  const problem = JSON.parse(text) as { reason: string; status: number };
  assert.match(problem.reason, reason, where);
  assert.equal(problem.status, answer.status, where);
  if (status === 0) assert.ok([403, 404].includes(answer.status), where);
  else assert.equal(answer.status, status, where);
  assertNothingLeaks(text, "", where);
}
