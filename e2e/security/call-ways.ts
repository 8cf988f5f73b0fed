import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { type ServiceName, serviceNames } from "../../tools/local/ports.ts";
import type { TestStack } from "../testing/test-stack.ts";

const withinMs = 120_000;

/** A way to call methods, and which door of a service it leads through. */
export interface CallWay {
  readonly name: string;
  readonly to: (service: ServiceName) => Transport;
}

/** What both doors of all five services are called by. */
export interface CallWays {
  /**
   * gRPC and Connect as clients send them, which the short way takes where it is on, and the same compressed, which
   * goes to Connect's own handlers.
   */
  readonly all: readonly CallWay[];
  close(): void;
}

type Options = { readonly baseUrl: string; readonly sessionManager: Http2SessionManager };
const compressed = {
  sendCompression: compressionGzip,
  compressMinBytes: 0,
  acceptCompression: [compressionGzip],
};
const kinds: ReadonlyArray<[name: string, open: (options: Options) => Transport]> = [
  ["gRPC", (options) => createGrpcTransport({ ...options, defaultTimeoutMs: withinMs })],
  [
    "Connect",
    ({ baseUrl }) =>
      createConnectTransport({
        baseUrl,
        httpVersion: "1.1",
        useBinaryFormat: false,
        defaultTimeoutMs: withinMs,
      }),
  ],
  [
    "gRPC, compressed",
    (options) => createGrpcTransport({ ...options, ...compressed, defaultTimeoutMs: withinMs }),
  ],
  [
    "Connect, compressed",
    (options) =>
      createConnectTransport({ ...options, ...compressed, httpVersion: "2", defaultTimeoutMs: withinMs }),
  ],
  [
    "gRPC-Web",
    (options) => createGrpcWebTransport({ ...options, httpVersion: "2", defaultTimeoutMs: withinMs }),
  ],
];

/** Opens them, one connection to each service. */
export function openCallWays(stack: TestStack): CallWays {
  const sessions = new Map(serviceNames.map((name) => [name, new Http2SessionManager(stack.url(name))]));
  const all = kinds.map(([name, open]) => {
    const transports = new Map(
      serviceNames.map((service) => [
        service,
        open({ baseUrl: stack.url(service), sessionManager: sessions.get(service)! }),
      ]),
    );
    return { name, to: (service: ServiceName) => transports.get(service)! };
  });
  return { all, close: () => sessions.forEach((session) => void session.abort()) };
}

/** Calls a method, unary or streaming, to its first answer; gives that. */
export async function callOnce(
  transport: Transport,
  method: DescMethod,
  request: Message,
  timeoutMs?: number,
): Promise<Message | undefined> {
  if (method.methodKind === "unary") {
    const { message } = await transport.unary(
      method as never,
      undefined,
      timeoutMs,
      undefined,
      request as never,
    );
    return message;
  }
  const leaving = new AbortController();
  async function* requests() {
    yield request as never;
  }
  try {
    const answer = await transport.stream(
      method as never,
      leaving.signal,
      timeoutMs,
      undefined,
      requests() as never,
    );
    for await (const message of answer.message) return message;
    return undefined;
  } finally {
    leaving.abort();
  }
}
