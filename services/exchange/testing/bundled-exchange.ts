/** An Exchange with the bundled rates. */
import { after, before } from "node:test";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { startTestExchange, type TestExchange } from "./test-exchange.ts";

export const timestamp = (time: string) => timestampFromDate(new Date(time));
export let server: TestRedis;
export let exchange: TestExchange;
export let client: TestExchange["client"];

before(async () => {
  server = await startRedis();
  exchange = await startTestExchange({ redisUrl: server.url });
  client = exchange.client;
});

after(async () => {
  await exchange?.stop();
  await server?.stop();
});
