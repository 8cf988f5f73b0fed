import assert from "node:assert/strict";
import type { DescMethod, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Code } from "@connectrpc/connect";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { Owner, Ownership } from "#gen/billing/options/v1/options_pb.ts";
import { methodRule } from "#platform/access/method-rule.ts";
import { knownScopes, promisedServices } from "../contract/rpc-list.ts";
import { doorOf, type Refusal, refusalOf, withToken } from "../testing/services.ts";
import { smallestRequest } from "../testing/smallest-request.ts";
import type { TestStack } from "../testing/test-stack.ts";
import { askUntilVerdict, awayMs } from "./ask-again.ts";
import { type CallWay, callOnce } from "./call-ways.ts";
import type { ForgedToken } from "./forged-tokens.ts";
import { unavailableHere } from "./hostile-texts.ts";
import { inBatches } from "./in-batches.ts";

/** Every method of the contract: a new one is tried like the others. */
export const allMethods: readonly DescMethod[] = promisedServices.flatMap(({ service }) => service.methods);

/** One credential that must not open a method, and the refusal. */
interface Attempt {
  readonly method: DescMethod;
  readonly what: string;
  readonly token: string | undefined;
  readonly expect: (refusal: Refusal, request: Message) => void;
}

/** What of all pairs is tried. */
export interface WalkExtent {
  /** Each of so many pairs of method and forged token is tried; 1 tries all. */
  readonly oneOf: number;
  /** Whether each attempt is made in every way, or in one of them by turns. */
  readonly everyWay: boolean;
}

/** Tries to get past the gate of every method; gives how many attempts were refused. */
export async function walkMethods(
  stack: TestStack,
  ways: readonly CallWay[],
  forged: readonly ForgedToken[],
  { oneOf, everyWay }: WalkExtent,
): Promise<number> {
  const forgeries = allMethods.flatMap((method, row) =>
    forged.filter((_, column) => (row + column) % oneOf === 0).map((token) => forgedAttempt(method, token)),
  );
  const attempts = [...forgeries, ...(await rightlessAttempts(stack))];
  const made = attempts.flatMap((attempt, turn) =>
    (everyWay ? ways : [ways[turn % ways.length]!]).map((way) => ({ attempt, way })),
  );
  await inBatches(made, ({ attempt, way }) => refuse(attempt, way));
  return made.length;
}

async function refuse({ method, what, token, expect }: Attempt, way: CallWay): Promise<void> {
  const where = `${method.parent.typeName}/${method.name} to a token ${what}, over ${way.name}`;
  const open = way.to(doorOf.get(method.parent.typeName)!);
  const transport = token === undefined ? open : withToken(open, token);
  const request = smallestRequest(method.input);
  const refusal = await firstAnswer(() => refusalOf(callOnce(transport, method, request)));
  assert.ok(refusal, `${where}: it was answered`);
  try {
    expect(refusal, request);
  } catch (error) {
    throw new Error(`${where}: ${refusal.error.message}`, { cause: error });
  }
}

/**
 * Calls; again while its store is away. A refusal over HTTP/1.1 that precedes the body ends the connection, and a client
 * that is still writing may see that before it has read the answer: then, too, it calls again.
 */
export function firstAnswer(call: () => Promise<Refusal | undefined>): Promise<Refusal | undefined> {
  return askUntilVerdict(call, (refusal) => {
    if (refusal === undefined) return undefined;
    const { error, info } = refusal;
    if (error.code === Code.Unavailable && !unavailableHere.has(info?.reason ?? "")) return awayMs;
    return /EPIPE|ECONNRESET|socket hang up/.test(error.message) ? 0 : undefined;
  });
}

function forgedAttempt(method: DescMethod, { what, token, reason }: ForgedToken): Attempt {
  return { method, what, token, expect: requireReason(Code.Unauthenticated, reason) };
}

/** Tokens that are good, and have no right to the method; and none at all. */
async function rightlessAttempts(stack: TestStack): Promise<Attempt[]> {
  const none = await stack.token({ scopes: [] });
  const ofOne = await stack.token({ account: "mine" });
  const perScope = new Map(
    await Promise.all(
      knownScopes.map(
        async (scope) =>
          [scope, await stack.token({ scopes: knownScopes.filter((known) => known !== scope) })] as const,
      ),
    ),
  );
  return allMethods.flatMap((method) => {
    const { scope, ownership } = methodRule(method);
    const missing = method.parent === AdminService ? "ADMIN_KEY_MISSING" : "TOKEN_MISSING";
    const lacksScope = (refusal: Refusal) => {
      requireReason(Code.PermissionDenied, "SCOPE_MISSING")(refusal);
      assert.equal(refusal.info?.metadata.scope, scope);
    };
    const attempts: Attempt[] = [
      {
        method,
        what: "that is not there",
        token: undefined,
        expect: requireReason(Code.Unauthenticated, missing),
      },
      { method, what: "without scopes", token: none, expect: lacksScope },
      { method, what: "with all scopes but its own", token: perScope.get(scope), expect: lacksScope },
    ];
    if (ownership === Ownership.OPERATOR)
      attempts.push({
        method,
        what: "of one account",
        token: ofOne,
        expect: requireReason(Code.PermissionDenied, "ACCOUNT_NOT_PERMITTED"),
      });
    if (ownership === Ownership.FIELD)
      attempts.push({
        method,
        what: "of another account",
        token: ofOne,
        expect: (refusal, request) => requireHidden(method, refusal, request),
      });
    return attempts;
  });
}

function requireReason(code: Code, reason: string) {
  return ({ error, info }: Refusal): void => assert.deepEqual([error.code, info?.reason], [code, reason]);
}

/** Another account's id is refused; another account's resource does not exist. */
function requireHidden(method: DescMethod, { error, info }: Refusal, request: Message): void {
  const namesResource = methodRule(method).owners.some(({ kind, path }) => {
    const field = method.input.field[path[0]?.localName ?? ""];
    return kind === Owner.RESOURCE && field !== undefined && reflect(method.input, request).isSet(field);
  });
  if (namesResource) {
    assert.equal(error.code, Code.NotFound);
    assert.match(info?.reason ?? "", /_NOT_FOUND$/);
  } else assert.deepEqual([error.code, info?.reason], [Code.PermissionDenied, "ACCOUNT_NOT_PERMITTED"]);
}
