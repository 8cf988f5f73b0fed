import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Billing, PaidCall, Receipt } from "./billing.ts";
import type { Answer } from "./finished-answers.ts";
import { type ModelProvider, readEvents, requestCompletion } from "./model-provider.ts";
import { OpenAiError } from "./openai-error.ts";
import {
  boundUsage,
  type ChatRequest,
  estimateUsage,
  outputBoundOf,
  outputBytesOf,
  reportedUsage,
  type TokenUsage,
} from "./token-usage.ts";

/** What a call comes to: its answer, or undefined where the caller left in its midst, and what it used. */
interface Outcome {
  readonly usage: TokenUsage;
  readonly answer: Answer | undefined;
}

const nothing: TokenUsage = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 };

/**
 * One chat completion: hold, call, settle. What fails at the provider costs nothing. A caller who leaves a stream
 * pays what was made until then, if anything was; one who leaves a plain call pays it, and finds the answer by
 * its Idempotency-Key.
 */
export async function completeChat(
  billing: Billing,
  provider: ModelProvider,
  call: PaidCall,
  request: ChatRequest,
  response: ServerResponse,
): Promise<Answer | undefined> {
  const reservationId = await billing.hold(call, boundUsage(request), provider.longestCallMs);
  let outcome: Outcome;
  try {
    outcome = request.stream
      ? await streamThrough(provider, request, response)
      : await askWhole(provider, request);
  } catch (error) {
    await billing.release(reservationId);
    throw error;
  }
  const { usage, answer } = outcome;
  if (usage.outputTokens === 0 && answer === undefined) {
    await billing.release(reservationId);
    return undefined;
  }
  const receipt = await billing.settle(reservationId, call.priceId, usage);
  if (answer !== undefined) finish(response, answer, receipt);
  return answer;
}

async function askWhole(provider: ModelProvider, request: ChatRequest): Promise<Outcome> {
  const signal = AbortSignal.timeout(provider.longestCallMs);
  const reply = await requestCompletion(provider, boundedRequest(request), signal);
  const body = await reply.text();
  const json = parse(body);
  if (json === undefined)
    throw new OpenAiError(502, "server_error", "provider_failed", "The model provider's answer is broken.");
  const usage = reportedUsage(json) ?? estimateUsage(request, outputBytesOf(json));
  return { usage, answer: { contentType: "application/json", body } };
}

/** Everything but the end: that follows once the call is settled. */
async function streamThrough(
  provider: ModelProvider,
  request: ChatRequest,
  response: ServerResponse,
): Promise<Outcome> {
  const left = new AbortController();
  const leave = () => left.abort();
  response.once("close", leave);
  const signal = AbortSignal.any([left.signal, AbortSignal.timeout(provider.longestCallMs)]);
  let outputBytes = 0;
  let usage: TokenUsage | undefined;
  let body = "";
  try {
    const bounded = { ...boundedRequest(request), stream_options: { include_usage: true } };
    const reply = await requestCompletion(provider, bounded, signal);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    for await (const data of readEvents(reply)) {
      const chunk = parse(data) as { choices?: unknown[]; error?: unknown } | undefined;
      if (chunk?.error !== undefined) throw brokenOff();
      usage = reportedUsage(chunk) ?? usage;
      outputBytes += outputBytesOf(chunk);
      // The caller did not ask for the event that has usage alone.
      if (chunk?.choices?.length === 0 && !request.stream_options?.include_usage) continue;
      body += `data: ${data}\n\n`;
      if (!response.write(`data: ${data}\n\n`)) await once(response, "drain", { signal });
    }
  } catch (error) {
    if (!left.signal.aborted) throw error instanceof OpenAiError ? error : brokenOff(error);
    return { usage: outputBytes === 0 ? nothing : estimateUsage(request, outputBytes), answer: undefined };
  } finally {
    response.off("close", leave);
  }
  const answer = { contentType: "text/event-stream", body: `${body}data: [DONE]\n\n` };
  return { usage: usage ?? estimateUsage(request, outputBytes), answer };
}

function brokenOff(cause?: unknown): OpenAiError {
  const words = "The model provider failed in the midst of its answer. You are not charged.";
  return Object.assign(new OpenAiError(502, "server_error", "provider_failed", words), { cause });
}

/** What is sent on: with a bound on the output, so that the hold covers it. */
function boundedRequest(request: ChatRequest): object {
  return request.max_tokens === undefined
    ? { ...request, max_completion_tokens: outputBoundOf(request) }
    : request;
}

/** Says what was charged: in headers, or in a comment of the stream, which clients skip. */
function finish(response: ServerResponse, answer: Answer, receipt: Receipt | undefined): void {
  if (response.headersSent) {
    if (receipt) response.write(`: charged ${receipt.charged}, ${receipt.available} left\n\n`);
    response.end("data: [DONE]\n\n");
    return;
  }
  const { charged, available } = receipt ?? { charged: "later", available: "unknown" };
  response.writeHead(200, {
    "content-type": answer.contentType,
    "x-charged": charged,
    "x-available": available,
  });
  response.end(answer.body);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
