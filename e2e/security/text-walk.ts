import assert from "node:assert/strict";
import { createRegistry, type DescMethod, type Message, toJsonString } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { Code, type ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { doorOf, refusalOf, withToken } from "../testing/services.ts";
import { smallestRequest } from "../testing/smallest-request.ts";
import { type CallWay, callOnce } from "./call-ways.ts";
import { allMethods, firstAnswer } from "./credential-walk.ts";
import { type HostileText, hostileTexts, unavailableHere } from "./hostile-texts.ts";
import { inBatches } from "./in-batches.ts";
import { assertNothingLeaks } from "./leaks.ts";
import { textFieldsOf } from "./text-fields.ts";

/** One text in one field of one request. */
export interface TextAttempt {
  readonly method: DescMethod;
  readonly path: string;
  readonly hostile: HostileText;
  readonly request: Message;
  /** Whether the contract's own bounds refuse it. */
  readonly isRefused: boolean;
}

/** How answers may end that tell of no fault of the server. */
const faultless: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.FailedPrecondition,
  Code.Aborted,
  Code.OutOfRange,
  Code.PermissionDenied,
  Code.ResourceExhausted,
]);
/** Streams that have nothing to say yet are left; a refusal is waited for, however slow the machine. */
const streamLeftAfterMs = 1_000;

const validator = createValidator();

/** All pairs of a field of text and a hostile text, or each of so many of them. */
export function textAttempts(oneOf: number): TextAttempt[] {
  const fields = allMethods.flatMap((method) =>
    textFieldsOf(method.input).map((field) => ({ method, field })),
  );
  return fields.flatMap(({ method, field }, row) =>
    hostileTexts
      .filter((_, column) => (row + column) % oneOf === 0)
      .map((hostile) => {
        const request = field.fill(smallestRequest(method.input), hostile.text);
        const isRefused = validator.validate(method.input, request).kind === "invalid";
        return { method, path: field.path, hostile, request, isRefused };
      }),
  );
}

/** Sends them by turns in these ways; gives how many were answered and how many refused. */
export async function sendTexts(
  ways: readonly CallWay[],
  token: string,
  attempts: readonly TextAttempt[],
): Promise<{ answered: number; refused: number }> {
  const counts = { answered: 0, refused: 0 };
  await inBatches([...attempts.entries()], async ([turn, attempt]) => {
    const way = ways[turn % ways.length]!;
    const isAnswered = await sendText(way, token, attempt);
    counts[isAnswered ? "answered" : "refused"] += 1;
  });
  return counts;
}

async function sendText(way: CallWay, token: string, attempt: TextAttempt): Promise<boolean> {
  const { method, path, hostile, request, isRefused } = attempt;
  const where = `${method.name}.${path} with ${hostile.what} over ${way.name}`;
  const transport = withToken(way.to(doorOf.get(method.parent.typeName)!), token);
  const timeoutMs = method.methodKind === "unary" || isRefused ? undefined : streamLeftAfterMs;
  const refusal = await firstAnswer(() => refusalOf(callOnce(transport, method, request, timeoutMs)));
  if (refusal === undefined) {
    assert.ok(!isRefused, `${where}: was answered`);
    return true;
  }
  const { error, info } = refusal;
  assertNothingLeaks(wordsOf(error), hostile.text, where);
  if (isRefused) {
    assert.deepEqual(
      [error.code, info?.reason],
      [Code.InvalidArgument, "REQUEST_INVALID"],
      `${where}: ${error}`,
    );
    const [names = { fieldViolations: [] }] = error.findDetails(BadRequestSchema);
    assert.ok(names.fieldViolations.length > 0, `${where}: no field is named`);
  } else {
    const isLeft = timeoutMs !== undefined && error.code === Code.DeadlineExceeded;
    const isFaultless = faultless.has(error.code) || unavailableHere.has(info?.reason ?? "");
    assert.ok(isLeft || isFaultless, `${where}: ${error}`);
  }
  return false;
}

const details = createRegistry(BadRequestSchema, ErrorInfoSchema);

/** Everything that an error says. */
function wordsOf(error: ConnectError): string {
  const told = [BadRequestSchema, ErrorInfoSchema].flatMap((schema) =>
    error.findDetails(schema).map((detail) => toJsonString(schema, detail as never, { registry: details })),
  );
  return [error.message, ...told, ...[...error.metadata].flat()].join("\n");
}
