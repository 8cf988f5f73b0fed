import { gzipSync } from "node:zlib";
import type { ServiceName } from "../../tools/local/ports.ts";
import { grpcFrame } from "../testing/http2-request.ts";
import { serviceOf } from "../testing/services.ts";

/** A good read of each service, and a method with a field that must be a text of some form. */
export const targets: Readonly<
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

export function pathOf(door: ServiceName, method: string): string {
  return `/${serviceOf[door].typeName}/${method}`;
}

const oversize = Buffer.alloc(3 << 20, "x");
const bomb = gzipSync(Buffer.alloc(64 << 20));

/** A request over HTTP/1.1; what is missing is POST, / and nothing. */
export interface HttpRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Requests with a fault that the RPC port of a service tells, with status and words. */
export function httpFaults(
  door: ServiceName,
): ReadonlyArray<[what: string, request: HttpRequest, status: number, says: RegExp]> {
  const { method, field, protoField } = targets[door];
  const path = pathOf(door, method);
  return [
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
}

const statsPath = "/admin/stats";

/** The same for Admin's HTTP JSON, with the reason of the problem. */
export const jsonFaults: ReadonlyArray<[what: string, request: HttpRequest, status: number, reason: string]> =
  [
    ["an unknown path", { method: "GET", path: "/nope" }, 404, "ROUTE_NOT_FOUND"],
    ["a path that is no text", { method: "GET", path: "/%zz" }, 400, "REQUEST_INVALID"],
    ["a wrong HTTP method", { path: statsPath, body: "{}" }, 405, "ROUTE_NOT_FOUND"],
    ["half a JSON text", { path: statsPath, body: '{"a' }, 400, "REQUEST_INVALID"],
    ["an oversized body", { path: statsPath, body: oversize }, 413, "REQUEST_TOO_LARGE"],
    [
      "headers of 20 KB",
      { method: "GET", path: statsPath, headers: { "x-large": "y".repeat(20_000) } },
      431,
      "REQUEST_INVALID",
    ],
  ];

/** A message of one text field, as every target has it first. */
export const firstFieldMessage = Buffer.from([10, 1, 65]);
const message = firstFieldMessage;

/** Bodies of a call over gRPC with a fault, and the statuses that tell it. */
export const frameFaults: ReadonlyArray<
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

/** What no protocol begins with. */
export const garbage: ReadonlyArray<[what: string, bytes: Uint8Array]> = [
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

/** Beginnings after which a connection falls silent. */
export const silences: ReadonlyArray<[what: string, bytes: string]> = [
  ["no byte", ""],
  ["one byte that may become anything", "P"],
  ["one byte of HTTP/1.1", "G"],
  ["half a preface of HTTP/2", "PRI * HTTP/2.0\r\n"],
  ["half a header", "POST / HTTP/1.1\r\nHost: a\r\nContent-Le"],
  ["the preface and nothing more", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
];
