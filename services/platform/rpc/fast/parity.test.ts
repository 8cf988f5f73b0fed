import assert from "node:assert/strict";
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from "node:http2";
import { after, before, describe, test } from "node:test";
import { eventually } from "../../testing/eventually.ts";
import { createSelfSignedCertificate } from "../../testing/self-signed-certificate.ts";
import { testToken } from "../../testing/service.ts";
import {
  type Case,
  commonCases,
  type Form,
  forms,
  getBalance,
  grpc,
  grpcCases,
  jsonCases,
} from "./testing/parity-cases.ts";
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
    const request = sentRequest(form, each);
    if (each.hasNewToken)
      request.headers.authorization = `Bearer ${await testToken({ scopes: ["core.read"], subject: "parity" })}`;
    answers.push(await sendHttp2(sessions.get(server)!, request));
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
    ...Object.fromEntries(
      ["a b", "[", "a:99999", "", "@", "%zz"].map((host) => [
        `the host ${JSON.stringify(host)}, of which no URL can be made`,
        { text: () => post(good, { Host: host }), until: /^HTTP\/1\.1 400 [\s\S]*\r\n\r\n/, taken: 0 },
      ]),
    ),
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
