import assert from "node:assert/strict";
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from "node:http2";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { GetBalanceRequestSchema } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { eventually } from "../../testing/eventually.ts";
import { createSelfSignedCertificate } from "../../testing/self-signed-certificate.ts";
import { testToken } from "../../testing/service.ts";
import { type SeenAnswer, type SentRequest, sendHttp1, sendHttp2 } from "./testing/send-request.ts";
import { catalogue, type DoorServer, startDoors } from "./testing/two-doors.ts";

/** The same server twice: with both doors, and with Connect's alone. */
let both: DoorServer;
let connectOnly: DoorServer;
let sessions: ReadonlyMap<DoorServer, ClientHttp2Session>;
let token: string;
let readless: string;

before(async () => {
  [both, connectOnly] = await Promise.all([startDoors({ fast: true }), startDoors({ fast: false })]);
  sessions = new Map(
    [both, connectOnly].map((server) => [server, connect(`http://127.0.0.1:${server.port}`)]),
  );
  token = await testToken({ scopes: ["core.read", "core.charge"], subject: "parity" });
  readless = await testToken({ scopes: ["core.charge"], subject: "parity" });
});

after(async () => {
  for (const session of sessions.values()) session.destroy();
  await Promise.all([both.shutDown(0), connectOnly.shutDown(0)]);
});

const getBalance = "/billing.core.v1.BillingCoreService/GetBalance";
const charge = "/billing.core.v1.BillingCoreService/Charge";

function frame(bytes: Uint8Array, flags = 0, length = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head[0] = flags;
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

const binary = (accountId: string) =>
  Buffer.from(toBinary(GetBalanceRequestSchema, create(GetBalanceRequestSchema, { accountId })));
const json = (accountId: string) => Buffer.from(JSON.stringify({ accountId }));
const grpc = (accountId: string) => frame(binary(accountId));
const cut = (bytes: Buffer, ...ends: number[]): Buffer[] =>
  [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length));

/** A request in one of the forms that both doors know. */
interface Form {
  readonly contentType: string;
  readonly isGrpc: boolean;
  encode(accountId: string): Buffer;
}

const forms: Readonly<Record<string, Form>> = {
  gRPC: { contentType: "application/grpc", isGrpc: true, encode: grpc },
  "gRPC+proto": { contentType: "application/grpc+proto", isGrpc: true, encode: grpc },
  "gRPC+json": { contentType: "application/grpc+json", isGrpc: true, encode: (id) => frame(json(id)) },
  "Connect binary": { contentType: "application/proto", isGrpc: false, encode: binary },
  "Connect JSON": { contentType: "application/json", isGrpc: false, encode: json },
};

interface Case {
  readonly path?: string;
  /** Besides those that make a good request; undefined leaves one out. */
  readonly headers?: OutgoingHttpHeaders;
  readonly chunks: readonly Uint8Array[];
  readonly ending?: SentRequest["ending"];
  /** Whether the fast door is the one that answers; default true. */
  readonly isPlain?: boolean;
}

function sentRequest(form: Form, each: Case): SentRequest {
  const headers: OutgoingHttpHeaders = {
    ":path": each.path ?? getBalance,
    "content-type": form.contentType,
    "x-request-id": "parity-1",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    authorization: `Bearer ${token}`,
    ...(form.isGrpc ? { te: "trailers" } : {}),
    ...each.headers,
  };
  const given = Object.entries(headers).filter(([, value]) => value !== undefined);
  return {
    headers: Object.fromEntries(given),
    chunks: each.chunks,
    ...(each.ending === undefined ? {} : { ending: each.ending }),
  };
}

/** Sends a request through both doors, one after the other, and compares all that shows. */
async function compare(form: Form, each: Case): Promise<SeenAnswer> {
  const answers: SeenAnswer[] = [];
  for (const server of [both, connectOnly]) {
    server.effects.length = 0;
    answers.push(await sendHttp2(sessions.get(server)!, sentRequest(form, each)));
  }
  const [fast, slow] = answers as [SeenAnswer, SeenAnswer];
  assert.deepEqual(fast, slow);
  await eventually(() => assert.deepEqual(both.effects, connectOnly.effects));
  return fast;
}

async function compareAndCount(form: Form, each: Case): Promise<SeenAnswer> {
  const before = both.taken();
  const answer = await compare(form, each);
  assert.equal(both.taken() - before, each.isPlain === false ? 0 : 1, "taken by the fast door");
  return answer;
}

/** What any of the forms may bring. */
function commonCases({ encode, isGrpc }: Form): Record<string, Case> {
  const good = [encode("alice")];
  const timeout = isGrpc ? "grpc-timeout" : "connect-timeout-ms";
  const encoding = isGrpc ? "grpc-encoding" : "content-encoding";
  const accepted = isGrpc ? "grpc-accept-encoding" : "accept-encoding";
  return {
    "a good call": { chunks: good },
    "a call in single bytes": { chunks: Array.from(good[0]!, (_, at) => good[0]!.subarray(at, at + 1)) },
    "a call that tells what the handler knows of it": {
      chunks: [encode("facts")],
      headers: { [timeout]: isGrpc ? "50S" : "50000" },
    },
    "an empty body": { chunks: [] },
    "an empty body that ends later": { chunks: [], ending: "end" },
    "a body of random bytes": { chunks: [Buffer.from("ff00fe01fd02fc03fb04", "hex")] },
    "an empty message": { chunks: [isGrpc ? frame(Buffer.alloc(0)) : Buffer.from("{}")] },
    "a field outside its bounds": { chunks: [encode("no spaces allowed")] },
    "a refusal with metadata, fields and a pause": { chunks: [encode("reason.INSUFFICIENT_FUNDS")] },
    "a fault": { chunks: [encode("broken")] },
    "an unlisted reason": { chunks: [encode("reason.NOT_LISTED")] },
    "a large answer": { chunks: [encode("large.x")] },
    "a large answer, compressed": { chunks: [encode("large.x")], headers: { [accepted]: "gzip" } },
    "a large answer in brotli": { chunks: [encode("large.x")], headers: { [accepted]: "unknown, br" } },
    "a small answer to a client that takes gzip": {
      chunks: good,
      headers: { [accepted]: "identity,deflate,gzip" },
    },
    "an error to a client that takes gzip": {
      chunks: [encode("broken")],
      headers: { [accepted]: "gzip, br" },
    },
    "an unknown accepted compression": { chunks: good, headers: { [accepted]: "zstd" } },
    "an empty accepted compression": { chunks: good, headers: { [accepted]: "" } },
    "no token": { chunks: good, headers: { authorization: undefined } },
    "a bad token": { chunks: good, headers: { authorization: "Bearer bad" } },
    "a token by another scheme": { chunks: good, headers: { authorization: `Basic ${token}` } },
    "no token and no body": { chunks: [], headers: { authorization: undefined } },
    "no token and an unfinished body": {
      chunks: [encode("alice").subarray(0, 3)],
      headers: { authorization: undefined },
      ending: "nothing",
    },
    "a request id that is no good": {
      chunks: [encode("reason.ACCOUNT_FROZEN")],
      headers: { "x-request-id": "parity-1", baggage: "a=b" },
    },
    "identity as the compression": { chunks: good, headers: { [encoding]: "identity" } },
    "a compressed request": {
      chunks: [isGrpc ? frame(gzipSync(good[0]!.subarray(5)), 1) : gzipSync(good[0]!)],
      headers: { [encoding]: "gzip" },
      isPlain: false,
    },
    "an unknown compression": { chunks: good, headers: { [encoding]: "zstd" }, isPlain: false },
    "a deadline": { chunks: [encode("endless")], headers: { [timeout]: isGrpc ? "150m" : "150" } },
    "a deadline that the handler hears of": {
      chunks: [encode("aborted")],
      headers: { [timeout]: isGrpc ? "150m" : "150" },
    },
    "a request that stalls until its deadline": {
      chunks: [encode("alice").subarray(0, 3)],
      headers: { [timeout]: isGrpc ? "150m" : "150" },
      ending: "nothing",
    },
    "a malformed deadline": { chunks: good, headers: { [timeout]: "soon" }, isPlain: false },
    "a deadline in fractions": {
      chunks: good,
      headers: { [timeout]: isGrpc ? "1.5S" : "1.5" },
      isPlain: false,
    },
    "a negative deadline": { chunks: good, headers: { [timeout]: isGrpc ? "-1S" : "-1" }, isPlain: false },
    "a deadline beyond the bound": {
      chunks: good,
      headers: { [timeout]: isGrpc ? "25H" : "90000000" },
      isPlain: false,
    },
    "a page of another origin": { chunks: good, headers: { origin: "https://page.test" }, isPlain: false },
    "a page of a foreign origin": { chunks: good, headers: { origin: "https://other.test" }, isPlain: false },
    "a query behind the path": { chunks: good, path: `${getBalance}?a=b`, isPlain: false },
    "a slash behind the path": { chunks: good, path: `${getBalance}/`, isPlain: false },
    "an unknown method": { chunks: good, path: `${getBalance}s`, isPlain: false },
    "a method without a handler": {
      chunks: good,
      path: "/billing.core.v1.BillingCoreService/GetAccount",
      isPlain: false,
    },
    "a streaming method": {
      chunks: good,
      path: "/billing.core.v1.BillingCoreService/WatchBalance",
      isPlain: false,
    },
    "a health check": {
      chunks: [isGrpc ? frame(Buffer.alloc(0)) : encode("")],
      path: "/grpc.health.v1.Health/Check",
    },
    GET: { chunks: [], headers: { ":method": "GET" }, isPlain: false },
    PUT: { chunks: good, headers: { ":method": "PUT" }, isPlain: false },
    OPTIONS: { chunks: [], headers: { ":method": "OPTIONS" }, isPlain: false },
    "binary and other metadata": {
      chunks: [encode("facts")],
      headers: { "trace-bin": "AAEC/w==", "x-other": ["a", "b"], "user-agent": "grpc-test/1" },
    },
    "large headers": { chunks: good, headers: { "x-large": "x".repeat(12_000) } },
    "a content type in capitals": {
      chunks: good,
      headers: { "content-type": "APPLICATION/GRPC" },
      isPlain: false,
    },
    "no content type": { chunks: good, headers: { "content-type": undefined }, isPlain: false },
    "an unknown content type": { chunks: good, headers: { "content-type": "text/plain" }, isPlain: false },
  };
}

const grpcCases: Record<string, Case> = {
  "no te: trailers": { chunks: [grpc("alice")], headers: { te: undefined } },
  "a prefix and nothing more": { chunks: [frame(Buffer.alloc(0), 0, 20)] },
  "half a prefix": { chunks: [Buffer.from([0, 0])] },
  "a message shorter than its prefix says": { chunks: [frame(binary("alice"), 0, 100)] },
  "a message longer than its prefix says": { chunks: [frame(binary("alice"), 0, 3)] },
  "two messages": { chunks: [grpc("alice"), grpc("bob")] },
  "two messages at once": { chunks: [Buffer.concat([grpc("alice"), grpc("bob")])] },
  "a second message that never ends": {
    chunks: [Buffer.concat([grpc("alice"), grpc("bob").subarray(0, 8)])],
  },
  "a compressed message without a compression": { chunks: [frame(gzipSync(binary("alice")), 1)] },
  "flags of the future": { chunks: [frame(binary("alice"), 0x82)] },
  "a prefix in two parts": { chunks: cut(grpc("alice"), 3) },
  "a message in two parts": { chunks: cut(grpc("alice"), 9) },
  "a size beyond the bound, and no end": { chunks: [frame(Buffer.alloc(10), 0, 3 << 20)], ending: "nothing" },
  "a message beyond the bound": { chunks: [frame(Buffer.alloc(2 << 20))] },
  "a message beyond 4 GiB": { chunks: [frame(Buffer.alloc(10), 0, 0xffffffff)] },
  "unreadable bytes in a good frame, and no end": {
    chunks: [frame(Buffer.from("0affff", "hex"))],
    ending: "nothing",
  },
  "an unknown field": { chunks: [frame(Buffer.concat([binary("alice"), Buffer.from([0xf8, 0x07, 1])]))] },
  "text that is no UTF-8": { chunks: [frame(Buffer.from("0a02c328", "hex"))] },
};

const jsonCases: Record<string, Case> = {
  "bad JSON": { chunks: [Buffer.from('{"accountId":')] },
  "an unknown field": { chunks: [Buffer.from('{"accountId":"alice","more":1}')] },
  "a wrong type": { chunks: [Buffer.from('{"accountId":5}')] },
  "a list": { chunks: [Buffer.from("[]")] },
  "the original field names": { chunks: [Buffer.from('{"account_id":"alice"}')] },
  "a body beyond the bound, of known length": {
    chunks: [json("x".repeat(2 << 20))],
    headers: { "content-length": json("x".repeat(2 << 20)).length },
  },
  "a body beyond the bound, of unknown length": { chunks: [json("x".repeat(2 << 20))] },
  "a body of exactly its length": {
    chunks: [json("alice")],
    headers: { "content-length": json("alice").length },
  },
  "a charset": {
    chunks: [json("alice")],
    headers: { "content-type": "application/json; charset=utf-8" },
    isPlain: false,
  },
  "a version of the protocol": { chunks: [json("alice")], headers: { "connect-protocol-version": "1" } },
  "another version of the protocol": {
    chunks: [json("alice")],
    headers: { "connect-protocol-version": "9" },
  },
  "metadata in the message": {
    path: charge,
    chunks: [
      Buffer.from(
        '{"accountId":"alice","idempotencyKey":"k","amount":{"money":{"currencyCode":"USD","amount":"1"}},"metadata":{"a":"ü"}}',
      ),
    ],
  },
};

for (const [name, form] of Object.entries(forms)) {
  describe(`over ${name} both doors answer alike:`, () => {
    for (const [what, each] of Object.entries(commonCases(form)))
      test(what, async () => {
        await compareAndCount(form, each);
      });

    test("a token without the scope", async () => {
      const headers = { authorization: `Bearer ${readless}` };
      await compareAndCount(form, { chunks: [form.encode("alice")], headers });
    });

    test("every reason of the catalogue", async () => {
      for (const reason of catalogue.keys())
        await compareAndCount(form, { chunks: [form.encode(`reason.${reason}`)] });
    });

    test("a caller that cancels while the handler runs", async () => {
      for (const server of [both, connectOnly]) {
        server.effects.length = 0;
        const chunks = [form.encode("aborted")];
        const request = sentRequest(form, { chunks });
        const stream = sessions.get(server)!.request({ ":method": "POST", ...request.headers });
        stream.on("error", () => {});
        stream.end(chunks[0]);
        await eventually(() => assert.ok(server.effects.includes("waits")));
        stream.close(8);
        await eventually(() => assert.ok(server.effects.includes("aborted Canceled"), server.effects.join()));
      }
    });

    test("a caller that cancels while it sends", async () => {
      await compareAndCount(form, { chunks: [form.encode("alice").subarray(0, 4)], ending: "cancel" });
    });
  });
}

for (const [what, each] of Object.entries(grpcCases))
  test(`over gRPC both doors answer alike: ${what}`, async () => {
    await compareAndCount(forms.gRPC!, each);
  });

for (const [what, each] of Object.entries(jsonCases))
  test(`over Connect JSON both doors answer alike: ${what}`, async () => {
    await compareAndCount(forms["Connect JSON"]!, each);
  });

describe("over HTTP/1.1 both doors answer alike:", () => {
  const post = (body: string, headers: Record<string, string | undefined> = {}, path = getBalance) => {
    const all: Record<string, string | undefined> = {
      Host: "test",
      Authorization: `Bearer ${token}`,
      "X-Request-Id": "parity-1",
      "Content-Type": "application/json",
      "Content-Length": String(Buffer.byteLength(body)),
      ...headers,
    };
    const lines = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : `${name}: ${value}\r\n`,
    );
    return `POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
  };
  const good = '{"accountId":"alice"}';
  const ended = /\r\n\r\n[\s\S]*\}$/;
  const cases: Record<string, { text: () => string; until?: RegExp; taken?: number }> = {
    "a good call": { text: () => post(good) },
    "two calls one after the other, and at once": {
      text: () => post(good) + post('{"accountId":"facts"}') + post('{"accountId":"broken"}'),
      until: /alice[\s\S]*facts[\s\S]*internal fault[\s\S]*\}$/,
      taken: 3,
    },
    "a call that ends its connection": { text: () => post(good, { Connection: "close" }) },
    "an error": { text: () => post('{"accountId":"reason.INSUFFICIENT_FUNDS"}') },
    "no token": { text: () => post(good, { Authorization: undefined }) },
    "a bad token twice": { text: () => post(good, { Authorization: "Bearer a\r\nAuthorization: Bearer b" }) },
    "bad JSON": { text: () => post("{") },
    "an unknown field": { text: () => post('{"accountId":"alice","more":1}') },
    "a length beyond the bound": { text: () => post(good, { "Content-Length": "3000000" }) },
    "a compressed answer that is small": { text: () => post(good, { "Accept-Encoding": "gzip" }) },
    "a deadline": { text: () => post('{"accountId":"endless"}', { "Connect-Timeout-Ms": "150" }) },
    "a body in chunks": {
      text: () =>
        post("", { "Content-Length": undefined, "Transfer-Encoding": "chunked" }) +
        `${good.length.toString(16)}\r\n${good}\r\n0\r\n\r\n`,
      taken: 0,
    },
    "gRPC, which needs trailers": {
      text: () => post("x", { "Content-Type": "application/grpc" }),
      until: /\r\n0\r\n[\s\S]*\r\n\r\n$/,
      taken: 0,
    },
    "a body that is announced and asked for": {
      text: () => post(good, { Expect: "100-continue" }),
      taken: 0,
    },
    "an origin": { text: () => post(good, { Origin: "https://page.test" }), taken: 0 },
    "a query": { text: () => post(good, {}, `${getBalance}?x=1`), taken: 0 },
  };
  for (const [what, { text, until = ended, taken = 1 }] of Object.entries(cases))
    test(what, async () => {
      const before = both.taken();
      const seen = await Promise.all([both, connectOnly].map(({ port }) => sendHttp1(port, text(), until)));
      assert.equal(seen[0], seen[1]);
      assert.equal(both.taken() - before, taken, "taken by the fast door");
    });
});

test("over TLS both doors answer alike", async () => {
  const tls = createSelfSignedCertificate();
  const servers = await Promise.all([startDoors({ fast: true, tls }), startDoors({ fast: false, tls })]);
  const answers = [];
  for (const server of servers) {
    const session = connect(`https://localhost:${server.port}`, { ca: tls.cert });
    answers.push(await sendHttp2(session, sentRequest(forms.gRPC!, { chunks: [grpc("alice")] })));
    session.destroy();
  }
  assert.deepEqual(answers[0], answers[1]);
  assert.equal(answers[0]?.trailers["grpc-status"], "0");
  assert.deepEqual(
    servers.map((server) => server.taken()),
    [1, 0],
  );
  await Promise.all(servers.map((server) => server.shutDown(0)));
});

test("both doors count the same calls, and none stays under way", async () => {
  const counts = async (server: DoorServer) =>
    (await server.metrics())
      .split("\n")
      .filter((line) => /^billing_rpc_(requests_total|in_flight)/.test(line))
      .sort();
  await eventually(async () => assert.deepEqual(await counts(both), await counts(connectOnly)));
  assert.ok((await counts(both)).some((line) => /in_flight\{.*\} 0$/.test(line)));
});
