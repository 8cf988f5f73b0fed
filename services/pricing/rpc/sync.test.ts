import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ImportState, ImportTrigger } from "#gen/billing/pricing/v1/price_import_pb.ts";
import { ApplyPolicy, FeedFormat } from "#gen/billing/pricing/v1/price_source_pb.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import {
  type ScriptedHttpServer,
  type ScriptedReply,
  startScriptedHttpServer,
} from "#platform/testing/scripted-http-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { startSyncSchedule } from "../domain/feeds/sync-schedule.ts";
import { litellmList } from "../testing/litellm-list.ts";
import { refusal, startTestPricing, type TestPricing } from "../testing/test-pricing.ts";

let server: TestRedis;
let redis: Redis;
let web: ScriptedHttpServer;
let pricing: TestPricing;
let strict: TestPricing;
let client: TestPricing["client"];
const folder = mkdtempSync(join(tmpdir(), "holdfast-feeds-"));

before(async () => {
  server = await startRedis();
  // On a busy machine this process alone may keep a reply waiting for seconds.
  redis = await connectTestRedis(server.url);
  web = await startScriptedHttpServer();
  mkdirSync(join(folder, "feeds"));
  pricing = await startTestPricing(redis, { feedFolder: join(folder, "feeds") });
  strict = await startTestPricing(redis, { rules: { outbound: {} } });
  client = pricing.client;
});

after(async () => {
  await Promise.all([pricing?.stop(), strict?.stop()]);
  await web?.stop();
  await redis?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let sources = 0;
/** A source of its own that is fetched from a path of its own. */
async function newSource(settings: object = {}) {
  const sourceId = `web-${++sources}`;
  const path = `/${sourceId}.json`;
  await client.createPriceSource({
    sourceId,
    settings: {
      format: FeedFormat.LITELLM,
      location: { case: "url", value: `${web.url}${path}` },
      priceIdPrefix: `${sourceId}/`,
      applyPolicy: ApplyPolicy.WITHIN_GUARD,
      fetchTimeout: durationFromMs(60_000),
      maxBytes: 65_536,
      ...settings,
    },
  });
  const sync = async (others: object = {}) => {
    const { import: made } = await client.syncPriceSource({ sourceId, ...others });
    assert.ok(made);
    return made;
  };
  const status = async () => (await client.getPriceSource({ sourceId })).source?.status;
  const cost = async (model: string) => {
    const usage = { priceId: `${sourceId}/acme/${model}`, quantities: { input_tokens: "1000000" } };
    return (await client.calculatePrice({ usage })).priced?.exactTotal;
  };
  return { sourceId, path, sync, status, cost };
}
const listOf = (
  models: Parameters<typeof litellmList>[0],
  others: Partial<ScriptedReply> = {},
): ScriptedReply => ({
  body: litellmList(models),
  ...others,
});

test("a list is fetched, applied, and fetched again only when it changed", async () => {
  const { path, sync, status, cost, sourceId } = await newSource();
  web.reply(path, listOf({ a: "1" }, { etag: '"one"', compression: "gzip" }));
  const first = await sync();
  assert.deepEqual(
    [first.state, first.trigger, first.counts?.newCount],
    [ImportState.APPLIED, ImportTrigger.SYNC, 1],
  );
  assert.equal(first.contentBytes, BigInt(litellmList({ a: "1" }).length));
  assert.equal(await cost("a"), "1");
  assert.equal((await sync()).importId, first.importId, "not modified: the import of then");
  assert.equal(web.requests.findLast((request) => request.path === path)?.headers["if-none-match"], '"one"');
  const again = await sync({ ignoreEtag: true });
  assert.deepEqual([again.state, again.counts?.unchangedCount], [ImportState.UNCHANGED, 1]);
  web.reply(path, listOf({ a: "1.5" }, { etag: '"two"' }));
  assert.equal((await sync()).counts?.appliedCount, 1);
  assert.equal(await cost("a"), "1.5");
  assert.deepEqual([(await status())?.etag, (await status())?.priceCount], ['"two"', 1]);
  const { imports } = await client.listImports({ sourceId, state: ImportState.APPLIED });
  assert.equal(imports.length, 2);
});

test("redirects are followed up to a bound", async () => {
  const { path, sync } = await newSource();
  web.reply(`${path}.end`, listOf({ a: "1" }));
  web.reply(path, { status: 302, headers: { location: web.redirectChain(`${path}.hop`, 2, `${path}.end`) } });
  assert.equal((await sync()).state, ImportState.APPLIED);
  web.reply(path, { status: 302, headers: { location: web.redirectChain(`${path}.far`, 9, `${path}.end`) } });
  assert.deepEqual((await sync({ ignoreEtag: true })).errorReason, "FEED_UNREACHABLE");
});

const faults: ReadonlyArray<readonly [name: string, reply: ScriptedReply, reason: string, says: RegExp]> = [
  ["a truncated list", { body: '{"a": {"input_cost_per_token": 1e-6' }, "FEED_INVALID", /not JSON/],
  ["HTML", { body: "<html>Please sign in</html>" }, "FEED_INVALID", /HTML/],
  ["an error status", { status: 503, body: "later" }, "FEED_UNREACHABLE", /503/],
  [
    "a connection that is closed",
    { fault: { kind: "closeWithoutAnswer" } },
    "FEED_UNREACHABLE",
    /cannot be fetched/,
  ],
  ["silence", { fault: { kind: "silence" } }, "FEED_UNREACHABLE", /2000 ms/],
  [
    "a body without end",
    { body: "x".repeat(1_000), fault: { kind: "endlessBody" } },
    "FEED_TOO_LARGE",
    /65536 bytes/,
  ],
  ["a bomb", { body: Buffer.alloc(1 << 20), compression: "gzip" }, "FEED_TOO_LARGE", /65536 bytes/],
  [
    "a broken body",
    { body: litellmList({ a: "1" }), fault: { kind: "truncatedBody", afterBytes: 9 } },
    "FEED_UNREACHABLE",
    /./,
  ],
];

describe("a list that cannot be read is a failed import, and the last known prices stay", () => {
  for (const [name, reply, reason, says] of faults) {
    test(`${name}: ${reason}`, async () => {
      const settings = reply.fault?.kind === "silence" ? { fetchTimeout: durationFromMs(2_000) } : {};
      const { path, sync, status, cost, sourceId } = await newSource(settings);
      const syncWell = () =>
        eventually(async () => {
          const made = await sync();
          assert.equal(made.state, ImportState.APPLIED);
          return made;
        });
      web.reply(path, listOf({ a: "1" }));
      const good = await syncWell();
      web.reply(path, reply);
      const failed = await sync();
      assert.deepEqual([failed.state, failed.errorReason], [ImportState.FAILED, reason]);
      assert.match(failed.errorMessage, says);
      const after = await status();
      assert.deepEqual(
        [after?.consecutiveFailures, after?.lastErrorReason, after?.lastImportId],
        [1, reason, good.importId],
      );
      assert.equal((await refusal(client.previewImport({ sourceId }))).reason, reason);
      assert.equal(await cost("a"), "1");
      assert.equal((await client.getImport({ importId: good.importId })).import?.state, ImportState.APPLIED);
      web.reply(path, listOf({ a: "1.1" }));
      await syncWell();
      assert.deepEqual([(await status())?.consecutiveFailures, (await status())?.lastErrorReason], [0, ""]);
    });
  }
});

describe("what a source may not be", () => {
  const url = (value: string) => ({ format: FeedFormat.LITELLM, location: { case: "url" as const, value } });
  const file = (value: string) => ({
    format: FeedFormat.LITELLM,
    location: { case: "filePath" as const, value },
  });
  const upload = { case: "upload" as const, value: {} };
  const mapping = { priceIdField: "id", meters: [{ field: "p", meter: "units" }] };
  type Settings = NonNullable<Parameters<TestPricing["client"]["createPriceSource"]>[0]["settings"]>;
  const refused: ReadonlyArray<
    readonly [name: string, settings: Settings, reason: string, fields?: string[]]
  > = [
    ["a private address", url("http://127.0.0.1:8080/list.json"), "FEED_ADDRESS_REFUSED"],
    ["an address of the cloud's own", url("http://169.254.169.254/latest"), "FEED_ADDRESS_REFUSED"],
    ["an odd port", url("https://example.com:6379/"), "FEED_ADDRESS_REFUSED"],
    ["a file where there is no folder", file("list.json"), "FEED_ADDRESS_REFUSED"],
    [
      "CSV without a mapping",
      { format: FeedFormat.CSV, location: upload },
      "PRICE_SOURCE_INVALID",
      ["settings.mapping"],
    ],
    [
      "LiteLLM with a mapping",
      { format: FeedFormat.LITELLM, location: upload, mapping },
      "PRICE_SOURCE_INVALID",
      ["settings.mapping"],
    ],
    [
      "an upload by a schedule",
      { format: FeedFormat.LITELLM, location: upload, syncInterval: durationFromMs(600_000) },
      "PRICE_SOURCE_INVALID",
      ["settings.sync_interval"],
    ],
    [
      "two fields for the same rate",
      {
        format: FeedFormat.JSON,
        location: upload,
        mapping: { ...mapping, meters: [...mapping.meters, ...mapping.meters] },
      },
      "PRICE_SOURCE_INVALID",
      ["settings.mapping.meters[1].variant_id"],
    ],
    ["a path that climbs", file("../secret.json"), "REQUEST_INVALID", ["settings.file_path"]],
  ];
  for (const [name, settings, reason, fields] of refused) {
    test(`${name} is ${reason}`, async () => {
      const error = await refusal(strict.client.createPriceSource({ sourceId: "refused", settings }));
      assert.equal(error.reason, reason);
      if (fields !== undefined) assert.deepEqual(error.fields, fields);
    });
  }

  test("a name that leads to a private address is refused when it is fetched", async () => {
    const { sourceId, path } = await newSource();
    web.reply(path, listOf({ a: "1" }));
    await eventually(() => assert.ok(strict.catalogue.state.source(sourceId)));
    const { import: made } = await strict.client.syncPriceSource({ sourceId });
    assert.equal(made?.errorReason, "FEED_ADDRESS_REFUSED");
  });
});

test("a file is read from the feed folder, and no link leads out of it", async () => {
  writeFileSync(join(folder, "feeds/list.json"), litellmList({ a: "1" }));
  writeFileSync(join(folder, "secret.json"), litellmList({ a: "9" }));
  symlinkSync(join(folder, "secret.json"), join(folder, "feeds/link.json"));
  const inside = await newSource({ location: { case: "filePath", value: "list.json" } });
  assert.equal((await inside.sync()).state, ImportState.APPLIED);
  const outside = await newSource({ location: { case: "filePath", value: "link.json" } });
  assert.equal((await outside.sync()).errorReason, "FEED_ADDRESS_REFUSED");
  const missing = await newSource({ location: { case: "filePath", value: "none.json" } });
  assert.equal((await missing.sync()).errorReason, "FEED_UNREACHABLE");
});

test("settings change for who knows their version; a disabled source is not synced", async () => {
  const { sourceId } = await newSource();
  const { source } = await client.getPriceSource({ sourceId });
  const change = { sourceId, configVersion: 1n, settings: { ...source!.settings!, disabled: true } };
  const { source: changed } = await client.updatePriceSource(change);
  assert.deepEqual([changed?.configVersion, changed?.settings?.disabled], [2n, true]);
  assert.equal((await client.updatePriceSource(change)).source?.configVersion, 2n, "the same again");
  const other = { ...change, settings: { ...change.settings, displayName: "x" } };
  assert.equal((await refusal(client.updatePriceSource(other))).reason, "VERSION_MISMATCH");
  assert.equal((await refusal(client.syncPriceSource({ sourceId }))).reason, "PRICE_SOURCE_DISABLED");
});

test("two calls for one source take turns", async () => {
  const { sourceId, path } = await newSource();
  web.reply(path, listOf({ a: "1" }, { fault: { kind: "slowBody", pauseMs: 5 } }));
  const first = client.syncPriceSource({ sourceId });
  await eventually(() => assert.ok(web.count(path) > 0));
  assert.equal((await refusal(client.syncPriceSource({ sourceId }))).reason, "IMPORT_IN_PROGRESS");
  assert.equal((await first).import?.state, ImportState.APPLIED);
});

test("sources are synced by their schedule, by one of all instances", async () => {
  const { sourceId, path, cost, status } = await newSource({ syncInterval: durationFromMs(600_000) });
  web.reply(path, listOf({ a: "1" }));
  const errors: unknown[] = [];
  const schedules = [pricing, strict].map((instance) =>
    startSyncSchedule({
      redis,
      ...instance.feeds,
      reader: pricing.feeds.reader,
      lookMs: 50,
      onError: (error) => errors.push(error),
    }),
  );
  try {
    // Noted after the prices are in force.
    await eventually(async () => assert.ok((await status())?.lastSuccessAt));
    assert.equal(await cost("a"), "1");
    const { imports } = await client.listImports({ sourceId });
    assert.deepEqual(
      imports.map(({ trigger, decidedBy }) => [trigger, decidedBy]),
      [[ImportTrigger.SCHEDULE, "schedule"]],
    );
    const { nextSyncAt, lastAttemptAt } = (await status())!;
    assert.equal(nextSyncAt!.seconds - lastAttemptAt!.seconds, 600n);
    assert.equal(web.count(path), 1);
    assert.deepEqual(errors, []);
  } finally {
    await Promise.all(schedules.map((schedule) => schedule.stop()));
  }
});
