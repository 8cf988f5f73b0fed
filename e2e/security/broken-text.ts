import assert from "node:assert/strict";
import { type DescMethod, toBinary, toJsonString } from "@bufbuild/protobuf";
import { grpcFrame, requestOverHttp2 } from "../testing/http2-request.ts";
import { doorOf } from "../testing/services.ts";
import { smallestRequest } from "../testing/smallest-request.ts";
import type { TestStack } from "../testing/test-stack.ts";
import { assertNothingLeaks } from "./leaks.ts";
import { textFieldsOf } from "./text-fields.ts";

/** A text whose six bytes are replaced on the way. */
const placeholder = "\u20ac\u20ac";
/** Two halves of a surrogate pair, each in three bytes: no UTF-8. */
const surrogates = Buffer.from("eda080edb080", "hex");

/** Sends the first field of text of a method with what is no text: over gRPC in bytes, over Connect in JSON. */
export async function sendBrokenText(stack: TestStack, token: string, method: DescMethod): Promise<void> {
  const [field] = textFieldsOf(method.input);
  if (field === undefined) return;
  const request = field.fill(smallestRequest(method.input), placeholder);
  const url = stack.url(doorOf.get(method.parent.typeName)!);
  const path = `/${method.parent.typeName}/${method.name}`;
  const authorization = `Bearer ${token}`;

  const message = replaceBytes(
    Buffer.from(toBinary(method.input, request)),
    Buffer.from(placeholder),
    surrogates,
  );
  const headers = { ":path": path, "content-type": "application/grpc", authorization };
  const answer = await requestOverHttp2(url, headers, grpcFrame(message));
  const told = `${answer.headers["grpc-message"]}`;
  assert.match(`${answer.headers["grpc-status"]}`, /^(3|13)$/, `${method.name}.${field.path}: ${told}`);
  assertNothingLeaks(decodeURIComponent(told), "", method.name);

  if (method.methodKind !== "unary") return;
  const body = toJsonString(method.input, request).replaceAll(placeholder, "\\ud800x\\udc00");
  const init = { method: "POST", headers: { authorization, "content-type": "application/json" }, body };
  const response = await fetch(url + path, init);
  const text = await response.text();
  assert.equal(response.status, 400, `${method.name}.${field.path}: ${text}`);
  assertNothingLeaks(text, "", method.name);
}

function replaceBytes(bytes: Buffer, wanted: Buffer, other: Buffer): Buffer {
  const at = bytes.indexOf(wanted);
  assert.ok(at >= 0);
  return Buffer.concat([bytes.subarray(0, at), other, bytes.subarray(at + wanted.length)]);
}
