import type {
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { CallOptions, StreamOptions } from "./call-options.ts";
import type { CallParts } from "./method.ts";
import { serverStream } from "./server-stream.ts";
import { unaryCall } from "./unary-call.ts";

/**
 * The methods of a service: a promise for those with one answer, an async iterable for streams. Both end with
 * a `HoldfastError` if they fail.
 */
export type ServiceCalls<S extends DescService> = {
  readonly [P in keyof S["method"]]: S["method"][P] extends DescMethodUnary<infer I, infer O>
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : S["method"][P] extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageInitShape<I>, options?: StreamOptions) => AsyncIterable<MessageShape<O>>
      : never;
};

/** The methods of a service, by their names in TypeScript. */
export function callsOf<S extends DescService>(service: S, parts: CallParts): ServiceCalls<S> {
  const calls: Record<string, unknown> = {};
  for (const method of service.methods) {
    if (isUnary(method)) calls[method.localName] = unaryCall(method, parts);
    if (isServerStreaming(method)) calls[method.localName] = serverStream(method, parts);
  }
  return calls as unknown as ServiceCalls<S>;
}

function isUnary(method: DescMethod): method is DescMethod & DescMethodUnary {
  return method.methodKind === "unary";
}

function isServerStreaming(method: DescMethod): method is DescMethod & DescMethodServerStreaming {
  return method.methodKind === "server_streaming";
}
