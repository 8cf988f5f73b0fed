import { randomUUID } from "node:crypto";
import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { anonymousCaller } from "../access/caller.ts";
import type { Gate } from "../access/gate.ts";
import { authorise, type ResourceOwners } from "../access/ownership.ts";
import type { ErrorCatalogue } from "../errors/catalogue.ts";
import { CommonError } from "../errors/common-error.ts";
import { mapError } from "../errors/connect-error.ts";
import type { Logger } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import { startCallTrace } from "../observe/trace.ts";
import type { Call, CallHead } from "./call.ts";
import { withinDeadline } from "./deadline.ts";
import { callLimits } from "./limits.ts";
import type { RequestValidator } from "./validation.ts";

/** What the pipeline needs of a service. */
export interface PipelineParts {
  readonly gate: Gate;
  readonly owners: ResourceOwners;
  readonly catalogue: ErrorCatalogue;
  readonly validate: RequestValidator;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** A call that was let in, with the state that only the pipeline changes. */
export interface OpenCall extends Call {
  readonly startedAtMs: number;
  /** Whether its handler has begun. */
  started: boolean;
  /** Whether it was counted and logged; happens once. */
  finished: boolean;
}

/**
 * The way of every call, whatever door it came through:
 * gate → (size, decoding: the door's) → validate → authorise → handler → (encoding: the door's) → error
 * mapping → metrics, log, trace. Every function throws only errors in wire form.
 */
export interface Pipeline {
  /** Identity and scope, before the body is read. */
  open(head: CallHead): Promise<OpenCall>;
  /** Serves one request with one answer. */
  serveUnary<O>(
    call: OpenCall,
    request: Message,
    handler: (request: never, call: Call) => Promise<O> | O,
  ): Promise<O>;
  /** Serves a stream of answers; `request` is undefined where the requests are a stream too, which only open services have. */
  serveStream<O>(
    call: OpenCall,
    request: Message | undefined,
    handler: (request: never, call: Call) => AsyncIterable<O>,
  ): AsyncIterable<O>;
  /** Records a call that the door refused after the gate: unreadable, too large, or cut off. */
  abandon(call: OpenCall): void;
}

export function createPipeline(parts: PipelineParts): Pipeline {
  return {
    async open(head) {
      const call = describeCall(parts.log, head);
      parts.metrics.countInFlight(1);
      try {
        const caller = await parts.gate(head.rule, {
          header: head.header,
          requestId: call.requestId,
          address: call.address,
        });
        requireSize(head);
        return Object.assign(call, { caller });
      } catch (error) {
        throw fail(parts, call, error);
      }
    },
    async serveUnary(call, request, handler) {
      call.started = true;
      try {
        await admit(parts, call, request);
        const response = await withinDeadline(
          Promise.resolve(handler(request as never, call)),
          call.deadlineMs,
        );
        finish(parts, call, "ok", "");
        return response;
      } catch (error) {
        throw fail(parts, call, error);
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

const requestIdForm = /^[A-Za-z0-9_.:-]{1,128}$/;

function describeCall(log: Logger, head: CallHead): OpenCall {
  const startedAtMs = Date.now();
  const given = head.header("x-request-id") ?? "";
  const requestId = requestIdForm.test(given) ? given : randomUUID();
  const trace = startCallTrace(head.rule.path, head.header("traceparent"));
  const defaultTimeoutMs =
    head.rule.method.methodKind === "unary" ? callLimits.defaultTimeoutMs : callLimits.maxTimeoutMs;
  return {
    rule: head.rule,
    caller: anonymousCaller,
    requestId,
    address: head.address,
    trace,
    deadlineMs: startedAtMs + (head.timeoutMs ?? defaultTimeoutMs),
    signal: head.signal,
    get log() {
      return log.child({ method: head.rule.path, request_id: requestId, trace_id: trace.traceId });
    },
    startedAtMs,
    started: false,
    finished: false,
  };
}

async function admit(parts: PipelineParts, call: OpenCall, request: Message): Promise<void> {
  parts.validate(call.rule.method.input, request);
  await authorise(call.rule, call.caller, request, parts.owners);
}

/** A stream that ends because its signal aborted has no fault of its own; the signal says whose it is. */
function endOfStream({ reason }: AbortSignal, error: unknown): CommonError {
  const code = reason instanceof ConnectError ? reason.code : Code.Canceled;
  if (code === Code.Unavailable)
    return new CommonError("SHUTTING_DOWN", "the server is shutting down", { cause: error });
  if (code === Code.DeadlineExceeded)
    return new CommonError("DEADLINE_PASSED", "the deadline passed before the end of the stream", {
      cause: error,
    });
  return new CommonError("CALL_CANCELED", "the stream ended before it was complete", { cause: error });
}

function fail(parts: PipelineParts, call: OpenCall, error: unknown): ConnectError {
  const { rule, wire } = mapError(parts.catalogue, error, call.requestId);
  const serverFault =
    rule.code === Code.Internal || rule.code === Code.Unknown || rule.code === Code.DataLoss;
  const facts = { reason: rule.reason, caller: call.caller.subject };
  if (serverFault) call.log.error({ ...facts, err: error }, "call failed");
  else if (rule.code === Code.Unavailable) call.log.warn({ ...facts, err: error }, wire.rawMessage);
  else call.log.debug(facts, wire.rawMessage);
  finish(parts, call, codeName(rule.code), rule.reason);
  return wire;
}

function finish(parts: PipelineParts, call: OpenCall, code: string, reason: string): void {
  if (call.finished) return;
  call.finished = true;
  const elapsedMs = Date.now() - call.startedAtMs;
  parts.metrics.countInFlight(-1);
  parts.metrics.recordCall(call.rule.path, code, reason, elapsedMs / 1_000);
  call.trace.end(
    { "rpc.system": "connect_rpc", "rpc.service": call.rule.path, "rpc.status": code },
    code !== "ok",
  );
  if (code === "ok") call.log.debug({ elapsed_ms: elapsedMs, caller: call.caller.subject }, "call served");
}

function codeName(code: number): string {
  const name = Code[code] ?? "Unknown";
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}
