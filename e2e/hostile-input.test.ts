import assert from "node:assert/strict";
import { connect as connectHttp2, constants } from "node:http2";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { eventually } from "#platform/testing/eventually.ts";
import { openRawConnection, type RawConnection } from "#platform/testing/raw-connection.ts";
import { listDoors, type PortName, type ServiceName, serviceNames } from "../tools/local/ports.ts";
import { grpcFrame, requestOverHttp2 } from "./testing/http2-request.ts";
import { coreShareOf, countConnections, hasProcFolder } from "./testing/process-facts.ts";
import { clientsWith, openGrpcTransports, serviceOf } from "./testing/services.ts";
import { startTestStack, type TestStack } from "./testing/test-stack.ts";

/** A good read of each service, and a method with a field that must be a text of some form. */
const targets: Readonly<
  Record<ServiceName, { read: string; good: object; method: string; field: string; protoField: string }>
> = {
  core: {
    read: "GetBalance",
    good: { accountId: "hostile" },
    method: "GetBalance",
    field: "accountId",
    protoField: "account_id",
  },
  pricing: {
    read: "CalculatePrice",
    good: { usage: { priceId: "openai/gpt-4o", quantities: { input_tokens: "1" } } },
    method: "GetPrice",
    field: "priceId",
    protoField: "price_id",
  },
  exchange: {
    read: "GetRate",
    good: { fromCurrency: "EUR", toCurrency: "USD" },
    method: "GetRate",
    field: "fromCurrency",
    protoField: "from_currency",
  },
  monitoring: {
    read: "GetSystemHealth",
    good: {},
    method: "GetAlert",
    field: "alertId",
    protoField: "alert_id",
  },
  admin: {
    read: "GetStats",
    good: {},
    method: "GetPayment",
    field: "paymentId",
    protoField: "payment_id",
  },
};

const doors = serviceNames.flatMap(listDoors);
const oversize = Buffer.alloc(3 << 20, "x");
const bomb = gzipSync(Buffer.alloc(64 << 20));

let stack: TestStack;
let token: string;
let connectionsBefore: ReadonlyMap<PortName, number>;
let silent: ReadonlyArray<{ name: string; connection: RawConnection }> = [];

before(async () => {
  stack = await startTestStack();
  token = await stack.token();
  const transports = openGrpcTransports(stack);
  await clientsWith(transports, token).core.createAccount({ accountId: "hostile", currencyCode: "USD" });
  transports.close();
  // The services that watch others keep connections to them; they have them once they know all others.
  await eventually(async () => {
    for (const door of ["monitoring", "admin"] as const) {
      const page = (await (await fetch(`${stack.url(door)}/readyz`)).json()) as { peers: object };
      assert.ok(Object.values(page.peers).every((state) => state === "serving"));
    }
  }, 20_000);
  connectionsBefore = new Map(doors.map((door) => [door, connectionsOf(door)]));
});

after(async () => {
  for (const { connection } of silent) connection.socket.destroy();
  await stack?.stop();
});

function connectionsOf(door: PortName): number {
  return hasProcFolder ? countConnections(stack.ports[door]) : 0;
}

function pathOf(door: ServiceName, method: string): string {
  return `/${serviceOf[door].typeName}/${method}`;
}

interface HttpRequest {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/** One request over HTTP/1.1 on a connection that is not used again. */
async function send(door: PortName, { method = "POST", path = "/", headers = {}, body }: HttpRequest) {
  const response = await fetch(stack.url(door) + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      connection: "close",
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, text: await response.text() };
}

/** Every process of the system uses next to nothing, soon and then over a second and a half. */
async function assertIdle(): Promise<void> {
  if (!hasProcFolder) return;
  const pids = serviceNames.map((service) => stack.pidOf(service)!);
  await eventually(async () => {
    const shares = await coreShareOf(pids, 1_500);
    const busy = serviceNames.filter((_, index) => shares[index]! > 0.08);
    assert.deepEqual(busy, [], `CPU: ${shares.map((share) => `${Math.round(share * 100)} %`).join(", ")}`);
  }, 20_000);
}

const silences: ReadonlyArray<[what: string, bytes: string]> = [
  ["no byte", ""],
  ["one byte that may become anything", "P"],
  ["one byte of HTTP/1.1", "G"],
  ["half a preface of HTTP/2", "PRI * HTTP/2.0\r\n"],
  ["half a header", "POST / HTTP/1.1\r\nHost: a\r\nContent-Le"],
  ["the preface and nothing more", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
];

test("connections that fall silent cost no CPU", async () => {
  const opened = doors.flatMap((door) =>
    silences.map(async ([what, bytes]) => {
      const connection = await openRawConnection(stack.ports[door]);
      if (bytes !== "") connection.socket.write(bytes);
      return { name: `${door} after ${what}`, connection };
    }),
  );
  silent = await Promise.all(opened);
  await assertIdle();
});

for (const door of serviceNames) {
  const { method, field, protoField } = targets[door];
  const path = pathOf(door, method);
  const cases: ReadonlyArray<[what: string, request: HttpRequest, status: number, says: RegExp]> = [
    [
      "an unknown field",
      { path, body: `{"${field}":"A1","mispelt":1}` },
      400,
      /"code":"invalid_argument".*mispelt/,
    ],
    [
      "a field of the wrong type",
      { path, body: `{"${field}":5}` },
      400,
      new RegExp(`"code":"invalid_argument".*${protoField}.*expected string`),
    ],
    [
      "a field outside its bounds",
      { path, body: `{"${field}":"no blanks"}` },
      400,
      new RegExp(`"reason":"REQUEST_INVALID".*"field":"${protoField}"`),
    ],
    ["half a JSON text", { path, body: '{"a' }, 400, /"code":"invalid_argument".*JSON/],
    ["a JSON list", { path, body: "[]" }, 400, /"code":"invalid_argument"/],
    ["an oversized body", { path, body: oversize }, 429, /"code":"resource_exhausted".*may have at most/],
    [
      "a small body that unpacks to 64 MiB",
      { path, body: bomb, headers: { "content-encoding": "gzip" } },
      429,
      /"code":"resource_exhausted".*larger/,
    ],
    [
      "an unknown compression",
      { path, body: "{}", headers: { "content-encoding": "lzma" } },
      501,
      /"code":"unimplemented".*lzma/,
    ],
    [
      "a deadline that is no number",
      { path, body: "{}", headers: { "connect-timeout-ms": "soon" } },
      400,
      /"code":"invalid_argument".*soon/,
    ],
    ["an unknown content type", { path, body: "{}", headers: { "content-type": "text/html" } }, 415, /^/],
    ["a wrong HTTP method", { method: "DELETE", path }, 405, /^/],
    ["an unknown method", { path: pathOf(door, "Nope"), body: "{}" }, 404, /nothing is served at .*\/Nope/],
    ["an unknown path", { method: "GET", path: "/../etc/passwd" }, 404, /nothing is served at \/etc\/passwd/],
    [
      "a page asked for by the wrong method",
      { path: "/healthz", body: "{}" },
      405,
      /"title":"Method not allowed"/,
    ],
    ["headers of 20 KB", { path, body: "{}", headers: { "x-large": "y".repeat(20_000) } }, 431, /^/],
  ];
  describe(`${door} over HTTP`, () => {
    for (const [what, request, status, says] of cases) {
      test(`answers ${what} with ${status}`, async () => {
        const answer = await send(door, request);
        assert.equal(answer.status, status, answer.text);
        assert.match(answer.text, says);
      });
    }
  });
}

describe("Admin over HTTP JSON", () => {
  const key = () => ({ "x-admin-key": stack.environment.ADMIN_KEY ?? "" });
  const path = "/admin/stats";
  const cases: ReadonlyArray<[what: string, request: HttpRequest, status: number, reason: string]> = [
    ["an unknown path", { method: "GET", path: "/nope" }, 404, "ROUTE_NOT_FOUND"],
    ["a path that is no text", { method: "GET", path: "/%zz" }, 400, "REQUEST_INVALID"],
    ["a wrong HTTP method", { path, body: "{}" }, 405, "ROUTE_NOT_FOUND"],
    ["half a JSON text", { path, body: '{"a' }, 400, "REQUEST_INVALID"],
    ["an oversized body", { path, body: oversize }, 413, "REQUEST_TOO_LARGE"],
    [
      "headers of 20 KB",
      { method: "GET", path, headers: { "x-large": "y".repeat(20_000) } },
      431,
      "REQUEST_INVALID",
    ],
  ];
  for (const [what, request, status, reason] of cases) {
    test(`answers ${what} with ${status} and the reason ${reason}`, async () => {
      const answer = await send("adminHttp", { ...request, headers: { ...key(), ...request.headers } });
      assert.equal(answer.status, status, answer.text);
      assert.equal((JSON.parse(answer.text) as { reason: string }).reason, reason);
    });
  }
});

const statusNames: Readonly<Record<string, string>> = {
  3: "INVALID_ARGUMENT",
  8: "RESOURCE_EXHAUSTED",
  12: "UNIMPLEMENTED",
  13: "INTERNAL",
};

/** A message of one text field, as every target has it first. */
const message = Buffer.from([10, 1, 65]);

const frames: ReadonlyArray<
  [what: string, bytes: Uint8Array, headers: Record<string, string>, statuses: readonly string[]]
> = [
  ["a truncated frame", grpcFrame(message, { length: 100 }), {}, ["INVALID_ARGUMENT"]],
  ["a frame that claims 4 GiB", grpcFrame(message, { length: 0xff_ff_ff_ff }), {}, ["RESOURCE_EXHAUSTED"]],
  ["an oversized frame", grpcFrame(oversize), {}, ["RESOURCE_EXHAUSTED"]],
  // gRPC's own libraries answer what they cannot read with INTERNAL.
  ["a frame of garbage", grpcFrame(Buffer.from("ffffff", "hex")), {}, ["INVALID_ARGUMENT", "INTERNAL"]],
  ["no frame", Buffer.alloc(0), {}, ["INVALID_ARGUMENT", "UNIMPLEMENTED"]],
  ["two frames", Buffer.concat([grpcFrame(message), grpcFrame(message)]), {}, ["UNIMPLEMENTED"]],
  ["a frame compressed in no way", grpcFrame(message, { flags: 1 }), {}, ["INTERNAL"]],
  [
    "a frame that unpacks to 64 MiB",
    grpcFrame(bomb, { flags: 1 }),
    { "grpc-encoding": "gzip" },
    ["RESOURCE_EXHAUSTED"],
  ],
  ["a deadline that is no time", grpcFrame(message), { "grpc-timeout": "soon" }, ["INVALID_ARGUMENT"]],
];

for (const door of serviceNames) {
  const request = (bytes: Uint8Array, headers: Record<string, string>, method = targets[door].method) =>
    requestOverHttp2(
      stack.url(door),
      {
        ":path": pathOf(door, method),
        "content-type": "application/grpc",
        authorization: `Bearer ${token}`,
        ...headers,
      },
      bytes,
    );
  describe(`${door} over gRPC`, () => {
    for (const [what, bytes, headers, statuses] of frames) {
      test(`answers ${what} with ${statuses.join(" or ")} and a message`, async () => {
        const answer = await request(bytes, headers);
        assert.equal(answer.fault, undefined);
        const status = statusNames[String(answer.headers["grpc-status"])] ?? answer.headers["grpc-status"];
        assert.ok(statuses.includes(String(status)), `${status}: ${answer.headers["grpc-message"]}`);
        assert.notEqual(answer.headers["grpc-message"] ?? "", "");
      });
    }

    test("answers an unknown method with 404, which gRPC reads as UNIMPLEMENTED", async () => {
      const answer = await request(grpcFrame(message), {}, "Nope");
      assert.equal(answer.headers[":status"], 404);
      assert.match(answer.body, /nothing is served at/);
    });

    test("refuses headers of 200 KB", async () => {
      const answer = await request(grpcFrame(message), { "x-large": "y".repeat(200_000) });
      assert.match(answer.fault ?? "", /REFUSED_STREAM|ENHANCE_YOUR_CALM|COMPRESSION_ERROR/);
    });
  });
}

const garbage: ReadonlyArray<[what: string, bytes: Uint8Array]> = [
  ["bytes of no protocol", Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 151) % 256))],
  ["the beginning of TLS", Buffer.from("160301020001000001fc0303", "hex")],
  ["a request of an unknown protocol", Buffer.from("HELLO / GOPHER/1.0\r\n\r\n")],
  ["a length that is no number", Buffer.from("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n")],
  [
    "two contradicting lengths",
    Buffer.from("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
  ],
  ["garbage after the preface of HTTP/2", Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${"x".repeat(200)}`)],
];

/** Type 7, no flags, connection 0. */
const goaway = "\x07\0\0\0\0\0";

for (const door of doors) {
  test(`${door} closes a connection that brings garbage, with 400 or GOAWAY where it can`, async () => {
    for (const [what, bytes] of garbage) {
      const connection = await openRawConnection(stack.ports[door]);
      connection.socket.write(bytes);
      await connection.closed(15_000);
      connection.socket.destroy();
      const received = connection.received();
      const isAnswered = /^HTTP\/1\.1 4\d\d /.test(received) || received.includes(goaway);
      assert.ok(isAnswered, `${what}: ${JSON.stringify(received.slice(0, 100))}`);
    }
  });

  for (const moment of ["while its token is checked", "while its body is awaited"] as const) {
    test(`${door} stands 50 connections that are reset inside a request, ${moment}`, async () => {
      const service = door as ServiceName;
      const path = door === "adminHttp" ? "/admin/stats" : pathOf(service, targets[service].method);
      const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n`;
      const body = 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a';
      const connections = await Promise.all(
        Array.from({ length: 50 }, () => openRawConnection(stack.ports[door])),
      );
      for (const { socket } of connections) socket.write(head + body);
      // An answered request shows that the server has read that far.
      if (moment === "while its body is awaited") await send(door, { method: "GET", path: "/healthz" });
      for (const { socket } of connections) socket.resetAndDestroy();
    });
  }
}

for (const door of serviceNames) {
  test(`${door} stands 50 calls that are reset inside a message`, async () => {
    const session = connectHttp2(stack.url(door));
    const streams = Array.from({ length: 50 }, () => {
      const stream = session.request({
        ":method": "POST",
        ":path": pathOf(door, targets[door].method),
        "content-type": "application/grpc",
        authorization: `Bearer ${token}`,
        te: "trailers",
      });
      stream.on("error", () => {});
      stream.write(grpcFrame(message, { length: 100 }));
      return stream;
    });
    await send(door, { method: "GET", path: "/healthz" });
    await Promise.all(
      streams.map(
        (stream) => new Promise((resolve) => stream.once("close", resolve).close(constants.NGHTTP2_CANCEL)),
      ),
    );
    session.destroy();
  });
}

describe("afterwards", () => {
  test("silent connections were closed, save those that speak HTTP/2", async () => {
    for (const { name, connection } of silent) {
      if (!name.endsWith("nothing more")) await connection.closed(15_000);
      connection.socket.destroy();
    }
  });

  for (const door of serviceNames) {
    test(`${door} answers a good call`, async () => {
      const { read, good } = targets[door];
      const answer = await send(door, { path: pathOf(door, read), body: JSON.stringify(good) });
      assert.equal(answer.status, 200, answer.text);
    });

    test(`${door} has no call under way and no more connections than before`, async () => {
      await eventually(async () => {
        const { text } = await send(door, { method: "GET", path: "/metrics" });
        assert.equal(/^billing_rpc_in_flight\{[^}]*\} (\d+)$/m.exec(text)?.[1], "0", "calls under way");
        for (const each of listDoors(door))
          assert.ok(
            connectionsOf(each) <= connectionsBefore.get(each)!,
            `${each}: ${connectionsOf(each)} connections, before ${connectionsBefore.get(each)}`,
          );
      }, 15_000);
    });
  }

  test("all services are idle, and none was restarted", async () => {
    await assertIdle();
    assert.ok(!stack.lines.some((line) => /FATAL|ended (with|by)/.test(line)));
  });
});
