import type { Caller } from "../access/caller.ts";
import type { MethodRule } from "../access/method-rule.ts";
import type { Logger } from "../observe/log.ts";
import type { CallTrace } from "../observe/trace.ts";

/** One call, from its headers to its answer: what a handler may know about it. */
export interface Call {
  readonly rule: MethodRule;
  readonly caller: Caller;
  /** From the header x-request-id, or made here; on every log line and in every error. */
  readonly requestId: string;
  /** The caller's address: the other end of the connection, or whom a trusted proxy names; empty if it is not known. */
  readonly address: string;
  readonly trace: CallTrace;
  /** When the caller stops waiting, epoch milliseconds. */
  readonly deadlineMs: number;
  /** Aborts when the caller goes away, at the deadline, and when the server shuts down. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** What a door tells the pipeline of a call before its body is read. */
export interface CallHead {
  readonly rule: MethodRule;
  header(name: string): string | null | undefined;
  /** The other end of the connection; empty if it is not known. */
  readonly address: string;
  /** What the caller allows, if it says. */
  readonly timeoutMs: number | undefined;
  /** The size of the request, if it is announced; else 0, and the door counts while it reads. */
  readonly bodyBytes: number;
  readonly signal: AbortSignal;
}
