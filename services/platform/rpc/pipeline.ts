import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Caller } from "../access/caller.ts";
import type { Gate } from "../access/gate.ts";
import { authorise, type ResourceOwners } from "../access/ownership.ts";
import type { ErrorCatalogue } from "../errors/catalogue.ts";
import { CommonError } from "../errors/common-error.ts";
import { mapError } from "../errors/connect-error.ts";
import type { Logger } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { ClientAddress } from "../server/client-address.ts";
import type { Call, CallHead } from "./call.ts";
import { withinDeadline } from "./deadline.ts";
import { OpenCall } from "./open-call.ts";
import type { RequestValidator } from "./validation.ts";

/** What the pipeline needs of a service. */
export interface PipelineParts {
  readonly gate: Gate;
  readonly owners: ResourceOwners;
  readonly catalogue: ErrorCatalogue;
  readonly validate: RequestValidator;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Whose address a call counts as; default the other end of the connection. */
  readonly addressOf?: ClientAddress | undefined;
}

/**
 * The way of every call, whatever door it came through:
 * gate → (size, decoding: the door's) → validate → authorise → handler → (encoding: the door's) → error
 * mapping → metrics, log, trace. All but `begin` throw only errors in wire form. What needs no waiting is done at
 * once, without a promise.
 */
export interface Pipeline {
  /** Identity and scope, before the body is read. */
  open(head: CallHead): OpenCall | Promise<OpenCall>;
  /** Serves one request with one answer, within the deadline: `begin`, then `succeed` or `fail`. */
  serveUnary<O>(call: OpenCall, request: Message, handler: Handler<O>): Promise<O>;
  /** Validates, authorises and hands over to the handler. The door keeps the deadline and says how it ended. */
  begin<O>(call: OpenCall, request: Message, handler: Handler<O>): O | Promise<O>;
  /** Records a call that was answered. */
  succeed(call: OpenCall): void;
  /** Records a call that failed, and gives the error in wire form. */
  fail(call: OpenCall, error: unknown): ConnectError;
  /** Serves a stream of answers; `request` is undefined where the requests are a stream too, which only open services have. */
  serveStream<O>(
    call: OpenCall,
    request: Message | undefined,
    handler: (request: never, call: Call) => AsyncIterable<O>,
  ): AsyncIterable<O>;
  /** Records a call that the door refused after the gate: unreadable, too large, or cut off. */
  abandon(call: OpenCall): void;
}

type Handler<O> = (request: never, call: Call) => Promise<O> | O;

export function createPipeline(parts: PipelineParts): Pipeline {
  const addressOf = parts.addressOf ?? ((peer: string) => peer);
  const begin = <O>(call: OpenCall, request: Message, handler: Handler<O>): O | Promise<O> => {
    call.started = true;
    const authorised = admit(parts, call, request);
    return authorised === undefined
      ? handler(request as never, call)
      : authorised.then(() => handler(request as never, call));
  };
  return {
    begin,
    succeed: (call) => finish(parts, call, "ok", ""),
    fail: (call, error) => fail(parts, call, faultOf(call, error)),
    open(head) {
      const call = new OpenCall(parts.log, head, addressOf);
      parts.metrics.countInFlight(1);
      const admitted = (caller: Caller): OpenCall => {
        requireSize(head);
        call.caller = caller;
        return call;
      };
      try {
        const caller = parts.gate(head.rule, call);
        if (!(caller instanceof Promise)) return admitted(caller);
        return caller.then(admitted).catch((error: unknown) => {
          throw fail(parts, call, error);
        });
      } catch (error) {
        throw fail(parts, call, error);
      }
    },
    async serveUnary(call, request, handler) {
      try {
        const answer = Promise.resolve(begin(call, request, handler));
        const response = await withinDeadline(answer, call.deadlineMs);
        finish(parts, call, "ok", "");
        return response;
      } catch (error) {
        throw fail(parts, call, faultOf(call, error));
      }
    },
    async *serveStream(call, request, handler) {
      call.started = true;
      try {
        if (request !== undefined) await admit(parts, call, request);
        yield* handler(request as never, call);
        call.signal.throwIfAborted();
        finish(parts, call, "ok", "");
      } catch (error) {
        throw fail(parts, call, call.signal.aborted ? endOfStream(call.signal, error) : error);
      } finally {
        // The consumer went away without reading to the end.
        finish(parts, call, "canceled", "CALL_CANCELED");
      }
    },
    abandon(call) {
      if (call.started) return;
      if (Date.now() >= call.deadlineMs) finish(parts, call, "deadline_exceeded", "DEADLINE_PASSED");
      else finish(parts, call, "invalid_argument", "REQUEST_INVALID");
    },
  };
}

function requireSize({ rule, bodyBytes }: CallHead): void {
  if (bodyBytes <= rule.maxRequestBytes) return;
  throw new CommonError("REQUEST_TOO_LARGE", `the request may have at most ${rule.maxRequestBytes} bytes`, {
    metadata: { max_bytes: String(rule.maxRequestBytes) },
  });
}

function admit(parts: PipelineParts, call: OpenCall, request: Message): Promise<void> | undefined {
  parts.validate(call.rule.method.input, request);
  return authorise(call.rule, call.caller, request, parts.owners);
}

/** A stream that ends because its signal aborted has no fault of its own; the signal says whose it is. */
function endOfStream(signal: AbortSignal, error: unknown): CommonError {
  return endOfCall(signal, error, "the end of the stream", "the stream ended before it was complete");
}

/** The same for a handler that gave up with the reason of its signal. */
function faultOf(call: OpenCall, error: unknown): unknown {
  if (!(error instanceof ConnectError) || error !== call.signal.reason) return error;
  return endOfCall(call.signal, error, "the answer", "the caller went away before the answer");
}

function endOfCall({ reason }: AbortSignal, cause: unknown, end: string, canceled: string): CommonError {
  const code = reason instanceof ConnectError ? reason.code : Code.Canceled;
  if (code === Code.Unavailable)
    return new CommonError("SHUTTING_DOWN", "the server is shutting down", { cause });
  if (code === Code.DeadlineExceeded)
    return new CommonError("DEADLINE_PASSED", `the deadline passed before ${end}`, { cause });
  return new CommonError("CALL_CANCELED", canceled, { cause });
}

function fail(parts: PipelineParts, call: OpenCall, error: unknown): ConnectError {
  const { rule, wire } = mapError(parts.catalogue, error, call.requestId);
  const serverFault =
    rule.code === Code.Internal || rule.code === Code.Unknown || rule.code === Code.DataLoss;
  const facts = { reason: rule.reason, caller: call.caller.subject };
  if (serverFault) call.log.error({ ...facts, err: error }, "call failed");
  else if (rule.code === Code.Unavailable) call.log.warn({ ...facts, err: error }, wire.rawMessage);
  else if (parts.log.isLevelEnabled("debug")) call.log.debug(facts, wire.rawMessage);
  finish(parts, call, codeName(rule.code), rule.reason);
  return wire;
}

function finish(parts: PipelineParts, call: OpenCall, code: string, reason: string): void {
  if (call.finished) return;
  call.finished = true;
  const elapsedMs = performance.now() - call.startedAt;
  parts.metrics.countInFlight(-1);
  parts.metrics.recordCall(call.rule.path, code, reason, elapsedMs / 1_000);
  call.trace.end(
    { "rpc.system": "connect_rpc", "rpc.service": call.rule.path, "rpc.status": code },
    code !== "ok",
  );
  if (code === "ok" && parts.log.isLevelEnabled("debug"))
    call.log.debug({ elapsed_ms: Math.round(elapsedMs), caller: call.caller.subject }, "call served");
}

function codeName(code: number): string {
  const name = Code[code] ?? "Unknown";
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}
