/** The HTTP face of the gateway: OpenAI's `/v1/chat/completions` and `/v1/models`, for callers with a key. */
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Holdfast } from "../../client/node.ts";
import { Billing } from "./billing.ts";
import { completeChat } from "./chat-completion.ts";
import { FinishedAnswers } from "./finished-answers.ts";
import type { ModelProvider } from "./model-provider.ts";
import { OpenAiError, toOpenAiError } from "./openai-error.ts";
import { type ChatRequest, faultOf } from "./token-usage.ts";
import type { UnsettledCommits } from "./unsettled-commits.ts";

/** What the gateway is made of. */
export interface GatewayOptions {
  readonly holdfast: Holdfast;
  readonly provider: ModelProvider;
  /** Account by API key, as callers send it: `Authorization: Bearer <key>`. */
  readonly accountsByKey: ReadonlyMap<string, string>;
  /** A model's price is this with the model's name, for example `openai/`. */
  readonly pricePrefix: string;
  readonly unsettled: UnsettledCommits;
}

const largestBodyBytes = 8 << 20;
const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** The gateway as a server that is not listening yet. */
export function createGateway(options: GatewayOptions): Server {
  const billing = new Billing(options.holdfast.core, options.unsettled);
  const answers = new FinishedAnswers();
  const running = new Set<string>();

  async function chat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const accountId = accountOf(request);
    const body = await readBody(request);
    const key = keyOf(request, accountId);
    const digest = digestOf(body);
    const finished = answers.find(`${key} ${digest}`);
    if (finished !== undefined) {
      response.writeHead(200, { "content-type": finished.contentType, "x-idempotent-replay": "true" });
      response.end(finished.body);
      return;
    }
    const chatRequest = parseChatRequest(body);
    if (running.has(key))
      throw new OpenAiError(409, "invalid_request_error", "in_progress", "This call is still running.");
    running.add(key);
    try {
      const call = { accountId, priceId: options.pricePrefix + chatRequest.model, key, digest };
      const answer = await completeChat(billing, options.provider, call, chatRequest, response);
      if (answer !== undefined) answers.keep(`${key} ${digest}`, answer);
    } finally {
      running.delete(key);
    }
  }

  async function listModels(request: IncomingMessage, response: ServerResponse): Promise<void> {
    accountOf(request);
    const { pricePrefix: prefix } = options;
    const data = [];
    for (let pageToken = ""; ; ) {
      const page = await options.holdfast.pricing.listPrices({ mode: "chat", pageSize: 1_000, pageToken });
      const ids = page.prices.map(({ priceId }) => priceId).filter((id) => id.startsWith(prefix));
      for (const id of ids)
        data.push({ id: id.slice(prefix.length), object: "model", created: 0, owned_by: "gateway" });
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ object: "list", data }));
  }

  function accountOf({ headers }: IncomingMessage): string {
    const key = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    const account = options.accountsByKey.get(key);
    if (account === undefined)
      throw new OpenAiError(
        401,
        "invalid_request_error",
        "invalid_api_key",
        "Send one of the gateway's keys.",
      );
    return account;
  }

  const routes: Readonly<Record<string, typeof chat>> = {
    "POST /v1/chat/completions": chat,
    "GET /v1/models": listModels,
  };
  const unknownRoute = async () => {
    throw new OpenAiError(404, "invalid_request_error", "unknown_url", "There is no such route here.");
  };
  return createServer((request, response) => {
    const route = routes[`${request.method} ${request.url?.split("?")[0]}`] ?? unknownRoute;
    route(request, response).catch((error: unknown) => refuse(response, error));
  });
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, body } = toOpenAiError(error);
  if (status >= 500) process.stderr.write(`${String(error)}\n`);
  if (response.headersSent) {
    response.end(`data: ${JSON.stringify(body)}\n\n`);
    return;
  }
  const headers = { "content-type": "application/json", ...(status === 503 ? { "retry-after": "1" } : {}) };
  response.writeHead(status, headers).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const { "content-length": length } = request.headers;
  if (length === undefined)
    throw new OpenAiError(411, "invalid_request_error", "length_required", "Send a Content-Length.");
  if (Number(length) > largestBodyBytes)
    throw new OpenAiError(
      413,
      "invalid_request_error",
      "too_large",
      `Send at most ${largestBodyBytes} bytes.`,
    );
  return (await buffer(request)).toString("utf8");
}

function parseChatRequest(body: string): ChatRequest {
  let request: ChatRequest;
  try {
    request = JSON.parse(body) as ChatRequest;
  } catch {
    throw new OpenAiError(400, "invalid_request_error", "invalid_json", "The body is not JSON.");
  }
  const fault = faultOf(request);
  if (fault !== undefined) throw new OpenAiError(400, "invalid_request_error", "invalid_request", fault);
  return request;
}

/** One key for all attempts at a call; a random one where the caller names none. */
function keyOf({ headers }: IncomingMessage, accountId: string): string {
  const given = headers["idempotency-key"];
  if (given === undefined) return randomUUID();
  return digestOf(`${accountId} ${given}`);
}
