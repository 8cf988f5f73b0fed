/** Starts the gateway by its environment; examples/llm-gateway/README.md lists the settings. */
import { once } from "node:events";
import { setInterval } from "node:timers";
import { createHoldfast } from "../../client/node.ts";
import { createGateway } from "./gateway.ts";
import { UnsettledCommits } from "./unsettled-commits.ts";

const settleEveryMs = 10_000;
const {
  GATEWAY_HOST = "127.0.0.1",
  GATEWAY_PORT = "8080",
  GATEWAY_KEYS = "",
  GATEWAY_LONGEST_CALL_MS = "300000",
  GATEWAY_UNSETTLED = "unsettled-commits.jsonl",
  PRICE_PREFIX = "openai/",
  PROVIDER_URL = "https://api.openai.com/v1",
  PROVIDER_API_KEY = "",
} = process.env;

const accountsByKey = new Map(
  GATEWAY_KEYS.split(",")
    .filter(Boolean)
    .map((pair) => pair.split("=") as [key: string, accountId: string]),
);
if (accountsByKey.size === 0) throw new Error("GATEWAY_KEYS must be like sk-acme=acme,sk-globex=globex");

const holdfast = createHoldfast();
const unsettled = new UnsettledCommits(GATEWAY_UNSETTLED);
const provider = {
  url: PROVIDER_URL,
  apiKey: PROVIDER_API_KEY,
  longestCallMs: Number(GATEWAY_LONGEST_CALL_MS),
};
const server = createGateway({ holdfast, provider, accountsByKey, pricePrefix: PRICE_PREFIX, unsettled });

const settle = () => unsettled.settle(holdfast.core).catch((error: unknown) => console.error(String(error)));
await settle();
const timer = setInterval(() => void settle(), settleEveryMs);

await once(server.listen(Number(GATEWAY_PORT), GATEWAY_HOST), "listening");
const { port } = server.address() as { port: number };
console.log(`gateway: http://${GATEWAY_HOST}:${port}/v1`);

// Calls in flight end and are settled; then nothing keeps the process alive.
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => {
    clearInterval(timer);
    server.close(() => holdfast.close());
    server.closeIdleConnections();
  });
