/** Tokens of a call. Input includes what came from the provider's cache, output what it spent on reasoning. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
}

/** A chat completion's request, as far as its cost depends on it. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly unknown[];
  readonly tools?: unknown;
  readonly n?: number;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly max_completion_tokens?: number;
  readonly max_tokens?: number;
}

/** Output of a call that names no bound. The gateway sends it along, so that the hold covers the answer. */
export const defaultOutputTokens = 1_024;
const longestOutputTokens = 1_000_000;

/** Bytes of text for one token: English has about four, and no common language much less than two. */
const bytesPerToken = { atLeast: 2, usual: 4 } as const;

/** The most output tokens of one choice. */
export function outputBoundOf({ max_completion_tokens, max_tokens }: ChatRequest): number {
  return max_completion_tokens ?? max_tokens ?? defaultOutputTokens;
}

/** What is wrong with a request's numbers or its shape; undefined if nothing is. */
export function faultOf(request: ChatRequest): string | undefined {
  if (typeof request?.model !== "string" || !/^[A-Za-z0-9_.:@/+-]{1,150}$/.test(request.model))
    return "model must be the name of a model";
  if (!Array.isArray(request.messages) || request.messages.length === 0)
    return "messages must be a list with at least one message";
  const counts = { n: request.n ?? 1, max_tokens: outputBoundOf(request) };
  for (const [name, count] of Object.entries(counts))
    if (!Number.isInteger(count) || count < 1 || count > longestOutputTokens)
      return `${name} must be a whole number from 1 to ${longestOutputTokens}`;
  return undefined;
}

/** The most that a call should come to, for the hold. */
export function boundUsage(request: ChatRequest): TokenUsage {
  const inputBytes = Buffer.byteLength(JSON.stringify([request.messages, request.tools]));
  return {
    inputTokens: Math.ceil(inputBytes / bytesPerToken.atLeast),
    outputTokens: outputBoundOf(request) * (request.n ?? 1),
    cachedInputTokens: 0,
  };
}

/** What a call came to where the provider does not say it. */
export function estimateUsage(request: ChatRequest, outputBytes: number): TokenUsage {
  const inputBytes = Buffer.byteLength(JSON.stringify([request.messages, request.tools]));
  return {
    inputTokens: Math.ceil(inputBytes / bytesPerToken.usual),
    outputTokens: Math.ceil(outputBytes / bytesPerToken.usual),
    cachedInputTokens: 0,
  };
}

/** What the provider says a call came to; undefined if it says nothing that can be counted. */
export function reportedUsage(answer: unknown): TokenUsage | undefined {
  const { usage } = (answer ?? {}) as { usage?: Record<string, unknown> | null };
  const details = usage?.prompt_tokens_details as Record<string, unknown> | null | undefined;
  const counts = [usage?.prompt_tokens, usage?.completion_tokens, details?.cached_tokens ?? 0];
  if (!counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 0)) return undefined;
  const [inputTokens, outputTokens, cachedInputTokens] = counts as [number, number, number];
  return { inputTokens, outputTokens, cachedInputTokens };
}

/** Bytes of text that a chunk of a stream, or a whole answer, adds to the output. */
export function outputBytesOf(answer: unknown): number {
  const { choices } = (answer ?? {}) as { choices?: ReadonlyArray<Record<string, unknown>> };
  if (!Array.isArray(choices)) return 0;
  const texts = choices.map((choice) => textOf(choice?.delta ?? choice?.message));
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0);
}

function textOf(message: unknown): string {
  const { content, refusal, reasoning_content, tool_calls } = (message ?? {}) as Record<string, unknown>;
  const texts = [content, refusal, reasoning_content].filter((text) => typeof text === "string");
  return texts.join("") + (tool_calls === undefined ? "" : JSON.stringify(tool_calls));
}
