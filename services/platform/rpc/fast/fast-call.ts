import { create, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { MethodRule } from "../../access/method-rule.ts";
import type { CallHead } from "../call.ts";
import { deadlinePassed } from "../deadline.ts";
import { callLimits } from "../limits.ts";
import type { OpenCall } from "../open-call.ts";
import type { Pipeline } from "../pipeline.ts";
import { type AnswerContext, errorAnswer, messageAnswer } from "./answers.ts";
import type { Exchange, ExchangeListener, HttpAnswer } from "./exchange.ts";
import type { Deadline, PendingDeadlines } from "./pending-deadlines.ts";
import { EnvelopeBody, PlainBody, type RequestBody } from "./request-body.ts";
import type { RequestForm, WireForm } from "./request-form.ts";
import type { MessageCodec, UnaryMethod } from "./unary-methods.ts";

/** What all calls of a fast door share. */
export interface FastDoorParts {
  readonly pipeline: Pipeline;
  readonly deadlines: PendingDeadlines;
  /** Aborted with the reason when the server shuts down. */
  readonly shutdownSignal: AbortSignal;
}

/** One call on its way through the pipeline: gate, body, handler, answer. */
export class FastCall implements CallHead, Deadline, ExchangeListener, AnswerContext {
  readonly rule: MethodRule;
  readonly form: WireForm;
  readonly timeoutMs: number | undefined;
  dueAtMs = 0;
  place = -1;
  readonly #parts: FastDoorParts;
  readonly #method: UnaryMethod;
  readonly #codec: MessageCodec;
  readonly #exchange: Exchange;
  #call: OpenCall | undefined;
  #body: RequestBody | undefined;
  #isAnswered = false;
  #controller: AbortController | undefined;

  constructor(
    parts: FastDoorParts,
    method: UnaryMethod,
    { form, timeoutMs }: RequestForm,
    exchange: Exchange,
  ) {
    this.rule = method.rule;
    this.form = form;
    this.timeoutMs = timeoutMs;
    this.#parts = parts;
    this.#method = method;
    this.#codec = form.binary ? method.binary : method.json;
    this.#exchange = exchange;
  }

  header(name: string): string | undefined {
    const value = this.#exchange.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  get address(): string {
    return this.#exchange.address;
  }

  get bodyBytes(): number {
    return Number(this.#exchange.headers["content-length"] ?? 0);
  }

  get requestId(): string | undefined {
    return this.#call?.requestId;
  }

  get acceptedCompressions(): string | undefined {
    return this.header(this.form.protocol === "grpc" ? "grpc-accept-encoding" : "accept-encoding");
  }

  /** Made when a handler asks for it, which few do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      const { shutdownSignal } = this.#parts;
      if (this.#isAnswered || this.#exchange.isClosed) this.#controller.abort(this.#endReason());
      else if (shutdownSignal.aborted) this.#controller.abort(shutdownSignal.reason);
      else shutdownSignal.addEventListener("abort", this.#onShutdown);
    }
    return this.#controller.signal;
  }

  /** Asks the gate, and reads the body if it lets the call in. */
  start(): void {
    this.#exchange.watch(this);
    try {
      const opened = this.#parts.pipeline.open(this);
      if (opened instanceof Promise) opened.then(this.#readBody, this.#answerError);
      else this.#readBody(opened);
    } catch (error) {
      this.#answerError(error);
    }
  }

  readonly #readBody = (call: OpenCall): void => {
    this.#call = call;
    if (this.#exchange.isClosed) {
      this.#parts.pipeline.abandon(call);
      return;
    }
    const { maxRequestBytes } = this.rule;
    this.#body =
      this.form.protocol === "grpc"
        ? new EnvelopeBody(this.#codec, maxRequestBytes)
        : new PlainBody(this.#codec, maxRequestBytes, this.#exchange.headers["content-length"]);
    this.dueAtMs = Math.min(Date.now() + callLimits.requestBodyMs, call.deadlineMs);
    this.#parts.deadlines.watch(this);
    this.#exchange.read(this);
  };

  onChunk(chunk: Buffer): void {
    if (this.#isAnswered) return;
    try {
      this.#body?.add(chunk)?.then(this.#begin, this.#answerError);
    } catch (error) {
      this.#answerError(error);
    }
  }

  onEnd(): void {
    if (this.#isAnswered) return;
    try {
      const message = this.#body?.end();
      if (message instanceof Promise) message.then(this.#begin, this.#answerError);
      else if (message !== undefined) this.#begin(message);
    } catch (error) {
      this.#answerError(error);
    }
  }

  onClose(): void {
    this.#controller?.abort(this.#endReason());
    if (this.#call === undefined || this.#call.started) return;
    this.#isAnswered = true;
    this.#parts.deadlines.forget(this);
    this.#parts.pipeline.abandon(this.#call);
  }

  /** A request that does not arrive in time is cut; a handler that does not answer in time is not waited for. */
  onDue(): void {
    const call = this.#call;
    if (call === undefined || this.#isAnswered) return;
    if (!call.started) {
      this.#exchange.cut();
      return;
    }
    this.#controller?.abort(new ConnectError("the operation timed out", Code.DeadlineExceeded));
    this.#fail(deadlinePassed());
  }

  readonly #begin = (message: Message): void => {
    const call = this.#call;
    if (call === undefined || this.#isAnswered) return;
    this.dueAtMs = call.deadlineMs;
    try {
      const answer = this.#parts.pipeline.begin(call, message, this.#method.handler as never) as unknown;
      if (answer instanceof Promise) answer.then(this.#succeed, this.#fail);
      else this.#succeed(answer);
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #succeed = (answer: unknown): void => {
    if (this.#isAnswered) return;
    this.#parts.pipeline.succeed(this.#call as OpenCall);
    try {
      const { output } = this.#method.method;
      this.#send(
        messageAnswer(this, this.#codec.serialize(create(output, answer as MessageInitShape<typeof output>))),
      );
    } catch (error) {
      this.#answerError(error);
    }
  };

  readonly #fail = (error: unknown): void => {
    if (!this.#isAnswered) this.#answerError(this.#parts.pipeline.fail(this.#call as OpenCall, error));
  };

  /** Answers with an error in wire form; what the pipeline knows nothing of yet is recorded. */
  readonly #answerError = (error: unknown): void => {
    if (this.#isAnswered) return;
    if (this.#call !== undefined) this.#parts.pipeline.abandon(this.#call);
    const known = error instanceof ConnectError;
    const told = known ? error : new ConnectError("internal error", Code.Internal, undefined, [], error);
    this.#send(errorAnswer(this, told));
  };

  #send(answer: HttpAnswer | Promise<HttpAnswer>): void {
    this.#isAnswered = true;
    this.#parts.deadlines.forget(this);
    if (answer instanceof Promise)
      answer.then(
        (compressed) => this.#exchange.send(compressed),
        () => this.#exchange.cut(),
      );
    else this.#exchange.send(answer);
    if (this.#controller !== undefined) {
      this.#parts.shutdownSignal.removeEventListener("abort", this.#onShutdown);
      this.#controller.abort(this.#endReason());
    }
  }

  readonly #onShutdown = (): void => this.#controller?.abort(this.#parts.shutdownSignal.reason);

  #endReason(): ConnectError {
    return this.#exchange.isCanceled
      ? new ConnectError("the caller has canceled the call", Code.Canceled)
      : new ConnectError("the call has ended", Code.Canceled);
  }
}
