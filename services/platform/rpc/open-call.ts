import { randomUUID } from "node:crypto";
import { anonymousCaller, type Caller } from "../access/caller.ts";
import type { MethodRule } from "../access/method-rule.ts";
import type { Logger } from "../observe/log.ts";
import { type CallTrace, startCallTrace } from "../observe/trace.ts";
import type { ClientAddress } from "../server/client-address.ts";
import type { Call, CallHead } from "./call.ts";
import { callLimits } from "./limits.ts";

const requestIdForm = /^[A-Za-z0-9_.:-]{1,128}$/;

/** A call that was let in, with the state that only the pipeline changes. What few handlers ask for is made when asked. */
export class OpenCall implements Call {
  readonly rule: MethodRule;
  readonly requestId: string;
  readonly trace: CallTrace;
  readonly deadlineMs: number;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  caller: Caller = anonymousCaller;
  /** Whether its handler has begun. */
  started = false;
  /** Whether it was counted and logged; happens once. */
  finished = false;
  readonly #head: CallHead;
  readonly #serviceLog: Logger;
  readonly #addressOf: ClientAddress;
  #log: Logger | undefined;

  constructor(log: Logger, head: CallHead, addressOf: ClientAddress) {
    const { rule, timeoutMs } = head;
    const given = head.header("x-request-id");
    this.rule = rule;
    this.requestId = given && requestIdForm.test(given) ? given : randomUUID();
    this.trace = startCallTrace(rule.path, head.header("traceparent"));
    this.deadlineMs = Date.now() + (timeoutMs ?? defaultTimeoutMs(rule));
    this.startedAt = performance.now();
    this.#head = head;
    this.#serviceLog = log;
    this.#addressOf = addressOf;
  }

  /** A header of the request, by its name in lower case. */
  header(name: string): string | null | undefined {
    return this.#head.header(name);
  }

  get address(): string {
    return this.#addressOf(this.#head.address, this.#head.header("x-forwarded-for"));
  }

  get signal(): AbortSignal {
    return this.#head.signal;
  }

  get log(): Logger {
    this.#log ??= this.#serviceLog.child({
      method: this.rule.path,
      request_id: this.requestId,
      trace_id: this.trace.traceId,
    });
    return this.#log;
  }
}

function defaultTimeoutMs({ method }: MethodRule): number {
  return method.methodKind === "unary" ? callLimits.defaultTimeoutMs : callLimits.maxTimeoutMs;
}
