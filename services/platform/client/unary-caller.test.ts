import assert from "node:assert/strict";
import { constants, createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { GetBalanceResponseSchema } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { eventually } from "../testing/eventually.ts";
import { Http2Sessions } from "./http2-sessions.ts";
import { UnaryCalls } from "./unary-caller.ts";

const maxBytes = 1_000;
const server = createServer();
let answer: (stream: ServerHttp2Stream) => void;
let resets: number[] = [];
let sessions: Http2Sessions;
let getBalance: ReturnType<UnaryCalls["of"]>;

before(async () => {
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    stream.on("close", () => resets.push(stream.rstCode));
    answer(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  sessions = new Http2Sessions(baseUrl);
  getBalance = new UnaryCalls(sessions, baseUrl, maxBytes).of(BillingCoreService.method.getBalance);
});

beforeEach(() => {
  resets = [];
});

after(() => {
  sessions.abort();
  server.close();
});

const call = (timeoutMs = 30_000) =>
  getBalance({ accountId: "alice" }, { authorization: "Bearer t" }, timeoutMs);

const good = toBinary(
  GetBalanceResponseSchema,
  create(GetBalanceResponseSchema, { balance: { accountId: "alice" } }),
);

function frame(bytes: Uint8Array, flags = 0, length = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

/** Answers with a body and, unless it is empty, a status at the end. */
const answering =
  (body: Buffer, status = "0", headers: Record<string, string | number> = {}) =>
  (stream: ServerHttp2Stream): void => {
    const all = { ":status": 200, "content-type": "application/grpc+proto", ...headers };
    stream.respond(all, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(status === "" ? {} : { "grpc-status": status }));
    stream.end(body);
  };

test("a call brings its message, its headers and its deadline, and gives the answer", async () => {
  const chunks: Buffer[] = [];
  let headers: Record<string, unknown> = {};
  answer = (stream) => {
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => answering(frame(good))(stream));
  };
  server.once("stream", (_, received) => {
    headers = received;
  });
  assert.deepEqual(
    await call(1_500.4),
    create(GetBalanceResponseSchema, { balance: { accountId: "alice" } }),
  );
  assert.equal(Buffer.concat(chunks).toString("hex"), frame(Buffer.from("\n\u0005alice")).toString("hex"));
  assert.equal(headers[":path"], "/billing.core.v1.BillingCoreService/GetBalance");
  assert.equal(headers.authorization, "Bearer t");
  assert.equal(headers["grpc-timeout"], "1501m");
});

describe("an answer that is no answer has a code:", () => {
  const cases: Record<string, { answer: (stream: ServerHttp2Stream) => void; code: Code }> = {
    "an error": { answer: answering(Buffer.alloc(0), "5"), code: Code.NotFound },
    "an error instead of a body": {
      answer: (stream) =>
        stream.respond(
          { ":status": 200, "content-type": "application/grpc", "grpc-status": "8" },
          { endStream: true },
        ),
      code: Code.ResourceExhausted,
    },
    "an error behind a message": { answer: answering(frame(good), "13"), code: Code.Internal },
    "no status": { answer: answering(frame(good), ""), code: Code.Internal },
    "no message": { answer: answering(Buffer.alloc(0)), code: Code.Unimplemented },
    "half a message": { answer: answering(frame(good, 0, good.length + 1)), code: Code.Unimplemented },
    "two messages": {
      answer: answering(Buffer.concat([frame(good), frame(good)])),
      code: Code.Unimplemented,
    },
    "a compressed message": { answer: answering(frame(good, 1)), code: Code.Unimplemented },
    "another kind of page": {
      answer: answering(Buffer.from("<html>"), "0", { "content-type": "text/html" }),
      code: Code.Unknown,
    },
    "a page of a proxy": {
      answer: answering(Buffer.from("busy"), "", { ":status": 503 }),
      code: Code.Unavailable,
    },
    "a message beyond the bound": {
      answer: answering(frame(Buffer.alloc(2_000))),
      code: Code.ResourceExhausted,
    },
    "a call that was refused unseen": {
      answer: (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
      code: Code.Unavailable,
    },
    "a call that was cut": {
      answer: (stream) => stream.close(constants.NGHTTP2_CANCEL),
      code: Code.Internal,
    },
  };
  for (const [name, each] of Object.entries(cases))
    test(name, async () => {
      answer = each.answer;
      await assert.rejects(call(), (error) => error instanceof ConnectError && error.code === each.code);
    });
});

test("a call that is too large is not made", async () => {
  answer = () => assert.fail("the call was made");
  await assert.rejects(getBalance({ accountId: "x".repeat(2_000) }, {}, 30_000), {
    code: Code.ResourceExhausted,
  });
});

test("a call that is not answered in time is ended on both sides", async () => {
  answer = () => {};
  await assert.rejects(call(50), { code: Code.DeadlineExceeded });
  await eventually(() => assert.deepEqual(resets, [constants.NGHTTP2_CANCEL]));
});
