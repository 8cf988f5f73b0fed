/** A gateway between a stand-in for a provider and the whole system, and calls through it. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { createHoldfast, type Holdfast, signedTokens } from "../../../client/node.ts";
import { startTestStack, type TestStack } from "../../../e2e/testing/test-stack.ts";
import { createGateway } from "../gateway.ts";
import { UnsettledCommits } from "../unsettled-commits.ts";
import { createModelServer } from "./model-server.ts";

/** 1,000 plain and 187 cached input tokens and 342 of output, at 2.5, 1.25 and 10 USD per million. */
export const reportedCost = "0.00615375";
export const waitMs = 60_000;
export const longestCallMs = 120_000;

const accountsByKey = new Map<string, string>();
export const modelServer = createModelServer();
export let stack: TestStack;
export let holdfast: Holdfast;
export let folder: string;
export let unsettled: UnsettledCommits;
export let gateway: ReturnType<typeof createGateway>;
export let gatewayUrl: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-gateway-"));
  stack = await startTestStack();
  holdfast = createHoldfast({
    urls: { core: stack.url("core"), pricing: stack.url("pricing") },
    token: signedTokens({ secret: stack.environment.JWT_SECRET ?? "" }),
  });
  unsettled = new UnsettledCommits(join(folder, "unsettled.jsonl"));
  await once(modelServer.listen(0, "127.0.0.1"), "listening");
  const provider = { url: providerUrl(), apiKey: "", longestCallMs };
  gateway = createGateway({ holdfast, provider, accountsByKey, pricePrefix: "openai/", unsettled });
  await once(gateway.listen(0, "127.0.0.1"), "listening");
  gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/v1`;
});
after(async () => {
  for (const server of [gateway, modelServer]) {
    server?.close();
    server?.closeAllConnections();
  }
  holdfast?.close();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

export const providerUrl = () => `http://127.0.0.1:${(modelServer.address() as AddressInfo).port}/v1`;

/** A caller with an account of its own. */
export async function newCaller(credited = "5"): Promise<{ key: string; accountId: string }> {
  const accountId = `gateway-${randomUUID()}`;
  const amount = { currencyCode: "USD", amount: credited };
  await holdfast.core.createAccount({ accountId, currencyCode: "USD" });
  await holdfast.core.credit({ accountId, amount, source: "admin" });
  const key = `sk-${accountId}`;
  accountsByKey.set(key, accountId);
  return { key, accountId };
}

interface ChatOptions {
  readonly fields?: object;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly url?: string;
}

export function chat(key: string, content: string, { fields, headers, signal, url }: ChatOptions = {}) {
  return fetch(`${url ?? gatewayUrl}/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content }], ...fields }),
    ...(signal === undefined ? {} : { signal }),
  });
}

export async function stateOf(accountId: string) {
  const { balance } = await holdfast.core.getBalance({ accountId });
  return { spent: balance?.spent?.amount, reserved: balance?.reserved?.amount };
}

export const costsNothing = { spent: "0", reserved: "0" };

/** The text that a stream has brought so far, until it matches. */
export async function readUntil(response: Response, wanted: RegExp): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const reader = response.body!.getReader();
  while (!wanted.test(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return text;
}
