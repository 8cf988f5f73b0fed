import type { OutgoingHttpHeaders } from "node:http2";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { GetBalanceRequestSchema } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import type { SentRequest } from "./send-request.ts";

export const getBalance = "/billing.core.v1.BillingCoreService/GetBalance";
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
export const grpc = (accountId: string) => frame(binary(accountId));
const cut = (bytes: Buffer, ...ends: number[]): Buffer[] =>
  [0, ...ends].map((start, index) => bytes.subarray(start, ends[index] ?? bytes.length));

/** A request in one of the forms that both doors know. */
export interface Form {
  readonly contentType: string;
  readonly isGrpc: boolean;
  encode(accountId: string): Buffer;
}

export const forms: Readonly<Record<string, Form>> = {
  gRPC: { contentType: "application/grpc", isGrpc: true, encode: grpc },
  "gRPC+proto": { contentType: "application/grpc+proto", isGrpc: true, encode: grpc },
  "gRPC+json": { contentType: "application/grpc+json", isGrpc: true, encode: (id) => frame(json(id)) },
  "Connect binary": { contentType: "application/proto", isGrpc: false, encode: binary },
  "Connect JSON": { contentType: "application/json", isGrpc: false, encode: json },
};

export interface Case {
  readonly path?: string;
  /** Besides those that make a good request; undefined leaves one out. */
  readonly headers?: OutgoingHttpHeaders;
  readonly chunks: readonly Uint8Array[];
  readonly ending?: SentRequest["ending"];
  /** Whether the fast door is the one that answers; default true. */
  readonly isPlain?: boolean;
  /** Whether the token was never seen before, so that the gate takes its time; default false. */
  readonly hasNewToken?: boolean;
}

/** What any of the forms may bring. */
export function commonCases({ encode, isGrpc }: Form): Record<string, Case> {
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
    "an empty body while the gate decides": { chunks: [], ending: "end", hasNewToken: true },
    "no body while the gate decides": { chunks: [], hasNewToken: true },
    "a good call while the gate decides": { chunks: good, hasNewToken: true },
    "a caller that cancels while the gate decides": {
      chunks: [encode("alice").subarray(0, 4)],
      ending: "cancel",
      hasNewToken: true,
    },
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
    "a token by another scheme": { chunks: good, headers: { authorization: "Basic dGVzdDp0ZXN0" } },
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
    "a deadline": { chunks: [encode("endless")], headers: { [timeout]: isGrpc ? "400m" : "400" } },
    "a deadline that the handler hears of": {
      chunks: [encode("aborted")],
      headers: { [timeout]: isGrpc ? "400m" : "400" },
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

export const grpcCases: Record<string, Case> = {
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

export const jsonCases: Record<string, Case> = {
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
