/**
 * Test equipment: a stand-in for a model provider with OpenAI's API. It says back what it was told, word by word.
 * Words in the last message make it misbehave: `[fail]` answers 500, `[break]` breaks off there, `[hang]` stops
 * there, `[silent]` never begins, `[unmetered]` reports no usage, `[wait]` goes on when a listener
 * to the event `waiting` says so.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";

/** Tokens that each answer is said to have used. */
export const reportedTokens = { prompt: 1_187, cached: 187, completion: 342 } as const;

interface Chat {
  readonly model: string;
  readonly messages: ReadonlyArray<{ readonly content: string }>;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
}

const wishes = ["fail", "break", "hang", "silent", "unmetered", "wait"] as const;

const usage = {
  prompt_tokens: reportedTokens.prompt,
  completion_tokens: reportedTokens.completion,
  total_tokens: reportedTokens.prompt + reportedTokens.completion,
  prompt_tokens_details: { cached_tokens: reportedTokens.cached },
};

/** The stand-in as a server that is not listening yet; `calls` counts what it was asked. */
export function createModelServer(): Server & { calls: number } {
  const server = Object.assign(
    createServer((request, response) => {
      server.calls += 1;
      void answer(server, request, response);
    }),
    { calls: 0 },
  );
  return server;
}

async function answer(server: Server, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chat = (await json(request)) as Chat;
  const said = chat.messages.at(-1)?.content ?? "";
  const wish = wishes.find((word) => said.includes(`[${word}]`));
  const base = { id: "chatcmpl-1", created: 1_700_000_000, model: chat.model };
  if (wish === "fail") {
    response.writeHead(500, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: "the model is overloaded" } }));
    return;
  }
  if (wish === "silent") return;
  if (wish === "wait") await new Promise<void>((resolve) => server.emit("waiting", resolve));
  if (!chat.stream) {
    const message = { role: "assistant", content: said };
    const whole = {
      ...base,
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: "stop" }],
    };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(wish === "unmetered" ? whole : { ...whole, usage }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const send = (fields: object) =>
    response.write(`data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", ...fields })}\n\n`);
  for (const word of said.split(" ")) {
    send({ choices: [{ index: 0, delta: { content: `${word} ` }, finish_reason: null }], usage: null });
    // Once the words before have gone out.
    if (word === "[break]") return void response.socket?.destroySoon();
    if (word === "[hang]") return;
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: null });
  if (chat.stream_options?.include_usage && wish !== "unmetered") send({ choices: [], usage });
  response.end("data: [DONE]\n\n");
}

if (import.meta.main) {
  const port = Number(process.env.MODEL_SERVER_PORT ?? 8_090);
  createModelServer().listen(port, "127.0.0.1", () =>
    console.log(`stand-in model provider: http://127.0.0.1:${port}/v1`),
  );
}
