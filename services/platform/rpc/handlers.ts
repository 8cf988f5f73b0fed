import type {
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { delegatedMethodRule, type MethodRule, methodRule, openMethodRule } from "../access/method-rule.ts";
import type { Call } from "./call.ts";

/** Answers one request. */
export type UnaryHandler<M extends DescMethod> = (
  request: MessageShape<M["input"]>,
  call: Call,
) => Promise<MessageInitShape<M["output"]>> | MessageInitShape<M["output"]>;

/** Answers one request with a stream. */
export type StreamHandler<M extends DescMethod> = (
  request: MessageShape<M["input"]>,
  call: Call,
) => AsyncIterable<MessageInitShape<M["output"]>>;

/** The handler that a method of the contract takes. */
export type MethodHandler<M extends DescMethod> =
  M extends DescMethodUnary<infer _I, infer _O>
    ? UnaryHandler<M>
    : M extends DescMethodServerStreaming<infer _I, infer _O>
      ? StreamHandler<M>
      : never;

/** Handlers of a service; a method without one answers METHOD_UNAVAILABLE. */
export type ServiceHandlers<S extends DescService> = {
  readonly [P in keyof S["method"]]?: MethodHandler<S["method"][P]>;
};

/** A service with its handlers, ready for a door. */
export interface ServiceRoutes {
  readonly service: DescService;
  readonly handlers: Readonly<
    Record<string, UnaryHandler<DescMethod> | StreamHandler<DescMethod> | undefined>
  >;
  /** The access rule of a method. */
  readonly rule: (method: DescMethod) => MethodRule;
  /** True for health and reflection: no token, no access rule in the contract. */
  readonly open: boolean;
}

/** Ties handlers to their service, checked by the compiler. */
export function routesOf<S extends DescService>(service: S, handlers: ServiceHandlers<S>): ServiceRoutes {
  return { service, handlers: handlers as ServiceRoutes["handlers"], rule: methodRule, open: false };
}

/** The same for a service that anybody may call. */
export function openRoutesOf<S extends DescService>(service: S, handlers: ServiceHandlers<S>): ServiceRoutes {
  return { ...routesOf(service, handlers), rule: openMethodRule, open: true };
}

/** The same for a service whose calls are passed on to it with the caller's rights. */
export function delegatedRoutesOf(service: DescService, handlers: ServiceRoutes["handlers"]): ServiceRoutes {
  return { service, handlers, rule: delegatedMethodRule, open: false };
}
