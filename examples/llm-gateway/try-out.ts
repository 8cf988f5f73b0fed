/**
 * `make gateway`: the gateway before a stand-in for a model provider, beside the stack of `make dev`, with a
 * funded account. Prints what to send.
 */
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createHoldfast, HoldfastError } from "../../client/node.ts";
import { secretsPath, stackDataFolder } from "../../tools/local/data-folders.ts";
import { ensureSecrets, loadSecrets } from "../../tools/local/secrets.ts";
import { createModelServer } from "./testing/model-server.ts";

const { GATEWAY_PORT = "8080" } = process.env;
const accountId = "gateway-demo";
const key = "sk-demo";

ensureSecrets(secretsPath);
Object.assign(process.env, loadSecrets(secretsPath, process.env));
const { core, close } = createHoldfast();
try {
  await core.createAccount({ accountId, currencyCode: "USD" });
  const amount = { currencyCode: "USD", amount: "5" };
  await core.credit({ accountId, amount, source: "admin", idempotencyKey: "gateway-demo" });
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  console.error(`${error.message}\nThis needs a running stack: make dev, in another terminal.`);
  process.exit(1);
} finally {
  close();
}

const provider = createModelServer();
await once(provider.listen(0, "127.0.0.1"), "listening");
provider.unref();
mkdirSync(stackDataFolder, { recursive: true });
Object.assign(process.env, {
  GATEWAY_PORT,
  GATEWAY_KEYS: `${key}=${accountId}`,
  GATEWAY_UNSETTLED: join(stackDataFolder, "gateway-unsettled.jsonl"),
  PROVIDER_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`,
});
await import("./main.ts");
console.log(`
  The account ${accountId} has 5 USD to begin with; the model says back what it hears.

    curl -i http://127.0.0.1:${GATEWAY_PORT}/v1/chat/completions -H 'Authorization: Bearer ${key}' \\
      -d '{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}'
    curl -N http://127.0.0.1:${GATEWAY_PORT}/v1/chat/completions -H 'Authorization: Bearer ${key}' \\
      -d '{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hello to all of you"}]}'

  Out of money looks like this:

    curl -i http://127.0.0.1:${GATEWAY_PORT}/v1/chat/completions -H 'Authorization: Bearer ${key}' \\
      -d '{"model":"gpt-4o","max_completion_tokens":1000000,"messages":[{"role":"user","content":"Hello"}]}'
`);
