import { resolve } from "node:path";
import {
  type DescMethodUnary,
  fromBinary,
  fromJson,
  type JsonObject,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { credentials, Client as ForeignClient, Metadata } from "@grpc/grpc-js";
import { runCommand } from "./run-command.ts";

/** One call of a unary method. Requests and answers are JSON here, whatever travels in between. */
export interface Request {
  readonly baseUrl: string;
  readonly token: string;
  readonly method: DescMethodUnary;
  readonly message: JsonObject;
}

/** A way of calling. @throws whatever its client throws when the call is refused. */
export type Caller = (request: Request) => Promise<JsonObject>;

/** Through connect-node. */
export function connectCaller(transportTo: (baseUrl: string) => Transport): Caller {
  return async ({ baseUrl, token, method, message }) => {
    const headers = { authorization: `Bearer ${token}` };
    const input = fromJson(method.input, message);
    const answer = await transportTo(baseUrl).unary(method, undefined, 20_000, headers, input as never);
    return toJson(method.output, answer.message) as JsonObject;
  };
}

/** Through grpc-js, which shares no code with the server. */
export const grpcJsCaller: Caller = ({ baseUrl, token, method, message }) => {
  const client = new ForeignClient(new URL(baseUrl).host, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  return new Promise<JsonObject>((resolveCall, reject) => {
    client.makeUnaryRequest<Message, Message>(
      `/${method.parent.typeName}/${method.name}`,
      (input) => Buffer.from(toBinary(method.input, input)),
      (bytes) => fromBinary(method.output, bytes),
      fromJson(method.input, message),
      metadata,
      { deadline: Date.now() + 60_000 },
      (error, answer) => {
        if (error) reject(error);
        else resolveCall(toJson(method.output, answer!) as JsonObject);
      },
    );
  }).finally(() => client.close());
};

/** Through curl, in Connect's JSON; reads go as GET when `useGet`. */
export function curlCaller(parameters: readonly string[], useGet = false): Caller {
  return async ({ baseUrl, token, method, message }) => {
    const url = `${baseUrl}/${method.parent.typeName}/${method.name}`;
    const json = JSON.stringify(message);
    const body =
      useGet && method.idempotency === IdempotencyLevel.NO_SIDE_EFFECTS
        ? ["--get", "--data", "connect=v1&encoding=json", "--data-urlencode", `message=${json}`]
        : ["--header", "Content-Type: application/json", "--data", json];
    const { code, stdout, stderr } = await runCommand("curl", [
      ...["--silent", "--show-error", "--fail-with-body", ...parameters],
      ...["--header", `Authorization: Bearer ${token}`, ...body, url],
    ]);
    if (code !== 0) throw new Error(`curl ended with code ${code}: ${stdout}${stderr}`);
    return JSON.parse(stdout) as JsonObject;
  };
}

const buf = resolve(import.meta.dirname, "../../node_modules/.bin/buf");

/** Through buf curl, which knows the contract by server reflection alone. */
export function bufCaller(protocol: "grpc" | "grpcweb" | "connect"): Caller {
  return async ({ baseUrl, token, method, message }) => {
    const url = `${baseUrl}/${method.parent.typeName}/${method.name}`;
    const { code, stdout, stderr } = await runCommand(buf, [
      ...["curl", "--protocol", protocol, "--http2-prior-knowledge"],
      ...["--header", `Authorization: Bearer ${token}`, "--data", JSON.stringify(message), url],
    ]);
    if (code !== 0) throw new Error(`buf curl ended with code ${code}: ${stderr}`);
    return JSON.parse(stdout) as JsonObject;
  };
}

/** A way of calling, and the account currencies to try it with. */
export interface NamedCaller {
  readonly name: string;
  readonly caller: Caller;
  readonly currencies: ReadonlyArray<"USD" | "EUR">;
}

const both = ["USD", "EUR"] as const;

/** Every way of calling. */
export const callers: readonly NamedCaller[] = [
  {
    name: "connect-node, gRPC",
    caller: connectCaller((baseUrl) => createGrpcTransport({ baseUrl })),
    currencies: both,
  },
  {
    name: "connect-node, gRPC-Web over HTTP/1.1",
    caller: connectCaller((baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })),
    currencies: both,
  },
  {
    name: "connect-node, gRPC-Web in JSON over HTTP/2",
    caller: connectCaller((baseUrl) =>
      createGrpcWebTransport({ baseUrl, httpVersion: "2", useBinaryFormat: false }),
    ),
    currencies: both,
  },
  {
    name: "connect-node, Connect, binary, HTTP/2",
    caller: connectCaller((baseUrl) =>
      createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: true }),
    ),
    currencies: both,
  },
  {
    name: "connect-node, Connect, JSON, HTTP/1.1, reads as GET",
    caller: connectCaller((baseUrl) =>
      createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false, useHttpGet: true }),
    ),
    currencies: both,
  },
  { name: "grpc-js", caller: grpcJsCaller, currencies: both },
  { name: "curl over HTTP/1.1, reads as GET", caller: curlCaller(["--http1.1"], true), currencies: both },
  { name: "curl over HTTP/2", caller: curlCaller(["--http2-prior-knowledge"]), currencies: both },
  // It asks for the whole contract before each call, which takes a while.
  { name: "buf curl, gRPC", caller: bufCaller("grpc"), currencies: ["USD"] },
  { name: "buf curl, Connect", caller: bufCaller("connect"), currencies: ["EUR"] },
];
