/**
 * `node bench/exchange.ts`: what conversions cost, over gRPC on this machine with a Redis of its own, and how long
 * a history of 27 years takes from the provider's answer to the answer of another instance.
 */
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { startRedis } from "#platform/testing/redis-server.ts";
import { startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import { ecbZip } from "../services/exchange/testing/feed-bodies.ts";
import { longHistory } from "../services/exchange/testing/long-history.ts";
import { labProviders, startLabExchange } from "../services/exchange/testing/provider-lab.ts";
import { publishedAt } from "../services/exchange/testing/published-days.ts";

const dayCount = 6_983;
const linesPerBatch = 10_000;
const secondsPerMeasure = 3;

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startMs = performance.now();
  const result = await work();
  console.log(`${what.padEnd(58)}${Math.round(performance.now() - startMs)} ms`);
  return result;
}

async function perSecond(what: string, unitsPerCall: number, call: () => Promise<unknown>): Promise<void> {
  const endMs = performance.now() + secondsPerMeasure * 1_000;
  let units = 0;
  while (performance.now() < endMs) {
    await call();
    units += unitsPerCall;
  }
  console.log(`${what.padEnd(58)}${Math.round(units / secondsPerMeasure)} per second`);
}

await using redis = await startRedis();
await using server = await startScriptedHttpServer();
const days = longHistory(dayCount);
const nowMs = publishedAt(days.at(-1)!.day);
const providers = labProviders(server, ["ecb-history"]);
server.reply(providers[0]!.path, { body: ecbZip(days) });
await using exchange = await startLabExchange(redis.url, server, providers, { nowMs });

await timed(`RefreshRates: ${dayCount} days fetched, screened, stored`, () =>
  exchange.client.refreshRates({}),
);
await using other = await timed("another instance started with them", () =>
  startLabExchange(redis.url, server, providers, { nowMs }),
);

const { client } = other;
const pair = { fromCurrency: "USD", toCurrency: "JPY", amount: "123.45" };
await perSecond("Convert, one call after another", 1, () => client.convert(pair));
const now = Array.from({ length: linesPerBatch }, () => pair);
await perSecond(`lines of ConvertBatch with ${linesPerBatch}, now`, linesPerBatch, () =>
  client.convertBatch({ lines: now }),
);
const past = now.map((line, index) => {
  const value = timestampFromMs(publishedAt(days[(index * 7) % dayCount]!.day));
  return { ...line, rateSource: { case: "asOf" as const, value } };
});
await perSecond("the same, each line at another day of 27 years", linesPerBatch, () =>
  client.convertBatch({ lines: past }),
);
