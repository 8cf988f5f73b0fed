import { randomBytes } from "node:crypto";
import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";

/** Where a call stands in a distributed trace (W3C Trace Context). */
export interface CallTrace {
  /** 32 hex digits. */
  readonly traceId: string;
  /** The header that calls made on behalf of this one carry. */
  readonly traceparent: string;
  /** Ends the span; an error code marks it as failed. */
  end(attributes: Attributes, failed: boolean): void;
}

const traceparentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const tracer = trace.getTracer("holdfast");

/**
 * Continues the caller's trace, or begins one. Without an OpenTelemetry SDK the ids are still made and passed
 * on, so that logs of several services can be joined.
 */
export function startCallTrace(name: string, traceparent: string | null | undefined): CallTrace {
  const parent = parseTraceparent(traceparent);
  const context =
    parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, context);
  if (span.isRecording()) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      traceId,
      traceparent: formatTraceparent(traceId, spanId, traceFlags),
      end: (attributes, failed) => endSpan(span, attributes, failed),
    };
  }
  return new UnrecordedTrace(parent);
}

/** The ids alone, made when somebody asks for them: most calls need none. */
class UnrecordedTrace implements CallTrace {
  readonly #parent: ParentSpan | undefined;
  #traceId: string | undefined;
  #spanId: string | undefined;

  constructor(parent: ParentSpan | undefined) {
    this.#parent = parent;
  }

  get traceId(): string {
    this.#traceId ??= this.#parent?.traceId ?? randomBytes(16).toString("hex");
    return this.#traceId;
  }

  get traceparent(): string {
    this.#spanId ??= randomBytes(8).toString("hex");
    return formatTraceparent(this.traceId, this.#spanId, this.#parent?.traceFlags ?? 0);
  }

  end(): void {}
}

interface ParentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

function parseTraceparent(text: string | null | undefined): ParentSpan | undefined {
  if (text === null || text === undefined) return undefined;
  const [, traceId, spanId, flags] = traceparentForm.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId))
    return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? "0", 16) };
}

function formatTraceparent(traceId: string, spanId: string, flags: number): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}

function endSpan(span: Span, attributes: Attributes, failed: boolean): void {
  span.setAttributes(attributes);
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
