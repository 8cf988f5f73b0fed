import { OpenAiError } from "./openai-error.ts";

/** Who runs the models: OpenAI, or whatever speaks its API. */
export interface ModelProvider {
  /** For example `https://api.openai.com/v1`. */
  readonly url: string;
  readonly apiKey: string;
  /** Bound of each call to it; holds last longer. */
  readonly longestCallMs: number;
}

const longestLineBytes = 1 << 20;

/**
 * Posts a chat completion.
 *
 * @throws OpenAiError with the provider's own status and words, or 502 if it does not answer.
 */
export async function requestCompletion(
  { url, apiKey }: ModelProvider,
  body: object,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${apiKey}` };
  const request = { method: "POST", headers, body: JSON.stringify(body), signal };
  const answer = await fetch(`${url}/chat/completions`, request).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new OpenAiError(502, "server_error", "provider_unreachable", "The model provider does not answer.");
  });
  if (answer.ok) return answer;
  const { error } = (await answer.json().catch(() => ({}))) as {
    error?: { message?: unknown; code?: unknown };
  };
  // A key that the provider refuses is the gateway's, not the caller's.
  const status = answer.status === 401 || answer.status === 403 ? 502 : answer.status;
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  const words = typeof error?.message === "string" && status === answer.status ? error.message : "";
  throw new OpenAiError(status, type, "provider_refused", words || "The model provider refused the call.");
}

/** The data of a stream's events, as text; the last is `[DONE]`. @throws Error if it breaks off before that. */
export async function* readEvents(answer: Response): AsyncGenerator<string> {
  let rest = "";
  for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestLineBytes) throw new Error("a line of the provider's stream is too long");
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice("data:".length).trim();
      if (data === "[DONE]") return;
      yield data;
    }
  }
  throw new Error("the provider's stream broke off");
}
