import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { FeedFormat } from "#gen/billing/pricing/v1/price_source_pb.ts";
import { createServiceClient } from "#platform/client/service-client.ts";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { testToken } from "#platform/testing/service.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { createAccountUsageReader } from "../peers/account-usage.ts";
import { createBookUsers } from "../peers/book-users.ts";
import { chargeOf, type FakeCore, startFakeCore } from "../testing/fake-core.ts";
import { litellmList } from "../testing/litellm-list.ts";
import { draft, given, ofAccount, units } from "../testing/simulation-requests.ts";
import { refusal, startTestPricing, type TestPricing } from "../testing/test-pricing.ts";
import { unitTerms } from "../testing/unit-terms.ts";

let server: TestRedis;
let redis: Redis;
let core: FakeCore;
let coreClient: ReturnType<typeof createServiceClient<typeof BillingCoreService>>;
let pricing: TestPricing;
let client: TestPricing["client"];

before(async () => {
  server = await startRedis();
  // On a busy machine this process alone may keep a reply waiting for seconds.
  redis = await connectTestRedis(server.url);
  core = await startFakeCore(redis);
  coreClient = createServiceClient({
    service: BillingCoreService,
    peer: "core",
    baseUrl: core.baseUrl,
    token: () => testToken({ scopes: ["core.read"] }),
  });
  pricing = await startTestPricing(redis, {
    bookUsers: createBookUsers(coreClient),
    readAccountUsage: createAccountUsageReader(coreClient),
  });
  client = pricing.client;
});

after(async () => {
  await pricing?.stop();
  coreClient?.close();
  await core?.drain();
  await redis?.close();
  await server?.stop();
});

let prices = 0;
async function newPrice(unitAmount: string) {
  const priceId = `test/simulated-${++prices}`;
  const effectiveFrom = timestampFromMs(Date.now() - 30 * 86_400_000);
  const { price } = await client.createPrice({ priceId, terms: unitTerms(unitAmount), effectiveFrom });
  return { priceId, versionId: price?.version?.priceVersion ?? "" };
}

describe("on given usage", () => {
  test("a draft against what is in force; usage of other prices is left out", async () => {
    const { priceId } = await newPrice("2");
    const { lines, totals } = await client.simulatePrice({
      usageSource: given(
        units(priceId, "10"),
        { priceId: "openai/gpt-4o", quantities: { input_tokens: "1" } },
        units(priceId, "5"),
      ),
      candidate: draft(priceId, unitTerms("1.5")),
    });
    assert.deepEqual(
      lines.map(({ difference }) => difference),
      ["-5", "-2.5"],
    );
    assert.deepEqual(
      totals.map(({ $typeName: _, ...total }) => total),
      [
        {
          currencyCode: "USD",
          baselineTotal: "30",
          candidateTotal: "22.5",
          difference: "-7.5",
          lineCount: 2,
        },
      ],
    );
    assert.equal(lines[0]?.candidate?.result.case, "priced");
    assert.equal(
      (await client.getPrice({ priceId })).price?.version?.terms?.components.length,
      1,
      "nothing changed",
    );
  });

  test("a price that does not exist yet: the baseline says so, line by line", async () => {
    const answer = await client.simulatePrice({
      usageSource: given(units("test/unborn", "10")),
      candidate: draft("test/unborn", unitTerms("1")),
    });
    assert.deepEqual(
      [answer.baselineErrorCount, answer.candidateErrorCount, answer.totals.length],
      [1, 0, 0],
    );
    assert.equal(answer.lines[0]?.difference, "");
  });

  test("one book against another, one version against another", async () => {
    const { priceId, versionId } = await newPrice("2");
    await client.createPriceBook({ priceBook: `${priceId.replace("/", ".")}`, discountPercent: "25" });
    const books = await client.simulatePrice({
      usageSource: given(units(priceId, "10")),
      candidate: { case: "candidatePriceBook", value: priceId.replace("/", ".") },
      baseline: { case: "baselinePriceBook", value: "default" },
    });
    assert.equal(books.totals[0]?.difference, "-5");
    const { newVersion } = await client.updatePrice({
      priceId,
      configVersion: 1n,
      terms: unitTerms("3"),
      effectiveFrom: timestampFromMs(Date.now() + 86_400_000),
    });
    const versions = await client.simulatePrice({
      usageSource: given(units(priceId, "10"), units("other/price", "1")),
      candidate: { case: "candidatePriceVersion", value: newVersion?.priceVersion ?? "" },
      baseline: { case: "baselinePriceVersion", value: versionId },
    });
    assert.deepEqual([versions.lines.length, versions.totals[0]?.difference], [1, "10"]);
  });

  test("the catalogue as an import would make it", async () => {
    await client.createPriceSource({
      sourceId: "simulated",
      settings: { format: FeedFormat.LITELLM, location: { case: "upload", value: {} } },
    });
    const upload = async (price: string) => {
      const content = litellmList({ "sim-model": price, "sim-same": "1" });
      return (await client.previewImport({ sourceId: "simulated", content })).import?.importId ?? "";
    };
    await client.applyImport({ importId: await upload("1"), selection: { case: "all", value: {} } });
    const importId = await upload("1.5");
    const tokens = (model: string) => ({ priceId: `acme/${model}`, quantities: { input_tokens: "1000000" } });
    const answer = await client.simulatePrice({
      usageSource: given(tokens("sim-model"), tokens("sim-same")),
      candidate: { case: "candidateImportId", value: importId },
    });
    assert.deepEqual(
      answer.lines.map(({ difference }) => difference),
      ["0.5", "0"],
    );
  });
});

describe("on what an account really used", () => {
  test("a draft against the versions that were charged, newest first, with the book's changes", async () => {
    const { priceId, versionId } = await newPrice("2");
    const priceBook = `book.${priceId.replace("/", ".")}`;
    await client.createPriceBook({ priceBook, discountPercent: "50" });
    const { priced } = await client.calculatePrice({
      usage: units(priceId, "1"),
      selector: { case: "priceBook", value: priceBook },
    });
    const nowMs = Date.now();
    core.transactions = [
      chargeOf("t3", nowMs - 1_000, [
        { priceId, priceVersion: priced?.priceVersion ?? "", quantities: { units: "10" } },
        { priceId, priceVersion: versionId, quantities: { units: "1" } },
      ]),
      chargeOf("t2", nowMs - 2_000, [
        { priceId: "openai/gpt-4o", priceVersion: "x", quantities: { input_tokens: "5" } },
      ]),
      chargeOf("t1", nowMs - 3_000, [{ priceId, priceVersion: versionId, quantities: { units: "4" } }]),
      chargeOf("t0", nowMs - 8 * 86_400_000, [
        { priceId, priceVersion: versionId, quantities: { units: "9" } },
      ]),
    ];
    core.pageSize = 1;
    // The price that is in force meanwhile does not matter.
    await client.updatePrice({ priceId, configVersion: 1n, terms: unitTerms("100") });
    const answer = await client.simulatePrice({
      usageSource: ofAccount(),
      candidate: draft(priceId, unitTerms("3")),
    });
    assert.deepEqual(
      answer.lines.map(({ transactionId, difference }) => [transactionId, difference]),
      [
        ["t3", "5"],
        ["t3", "1"],
        ["t1", "4"],
      ],
    );
    assert.equal(answer.truncated, false);
    const limited = await client.simulatePrice({
      usageSource: ofAccount({ maxLines: 2, priceId, from: timestampFromMs(nowMs - 20 * 86_400_000) }),
      candidate: draft(priceId, unitTerms("3")),
      baseline: { case: "baselinePriceBook", value: "default" },
    });
    assert.deepEqual([limited.lines.length, limited.truncated], [2, true]);
  });

  test("a Core that does not answer is named; nothing else of Pricing minds", async () => {
    const { priceId } = await newPrice("2");
    core.broken = true;
    try {
      const simulate = client.simulatePrice({
        usageSource: ofAccount(),
        candidate: draft(priceId, unitTerms("3")),
      });
      const error = await refusal(simulate);
      assert.deepEqual([error.reason, error.facts], ["PEER_UNAVAILABLE", { service: "core" }]);
      await client.createPriceBook({ priceBook: "kept-while-core-is-down" });
      const deletion = await refusal(client.deletePriceBook({ priceBook: "kept-while-core-is-down" }));
      assert.equal(deletion.reason, "PEER_UNAVAILABLE");
      assert.equal((await client.calculatePrice({ usage: units(priceId, "1") })).priced?.exactTotal, "2");
    } finally {
      core.broken = false;
    }
  });

  test("accounts that name a book keep it", async () => {
    await client.createPriceBook({ priceBook: "named" });
    core.booksInUse = ["named"];
    assert.equal((await refusal(client.deletePriceBook({ priceBook: "named" }))).reason, "PRICE_BOOK_IN_USE");
    core.booksInUse = [];
    await client.deletePriceBook({ priceBook: "named" });
  });
});

const day = 86_400_000;
const refused: ReadonlyArray<
  readonly [name: string, request: Parameters<TestPricing["client"]["simulatePrice"]>[0], reason: string]
> = [
  [
    "an unknown account",
    { usageSource: ofAccount({ accountId: "nobody" }), candidate: draft("a", unitTerms("1")) },
    "ACCOUNT_NOT_FOUND",
  ],
  [
    "93 days",
    {
      usageSource: ofAccount({ from: timestampFromMs(0), to: timestampFromMs(93 * day) }),
      candidate: draft("a", unitTerms("1")),
    },
    "TIME_OUT_OF_RANGE",
  ],
  [
    "an end before the beginning",
    {
      usageSource: ofAccount({ from: timestampFromMs(2), to: timestampFromMs(1) }),
      candidate: draft("a", unitTerms("1")),
    },
    "TIME_OUT_OF_RANGE",
  ],
  [
    "a draft that contradicts itself",
    {
      usageSource: given(units("a", "1")),
      candidate: draft("a", {
        ...unitTerms("1"),
        components: [...unitTerms("1").components, ...unitTerms("1").components],
      }),
    },
    "PRICE_INVALID",
  ],
  [
    "an unknown version",
    { usageSource: given(units("a", "1")), candidate: { case: "candidatePriceVersion", value: "pv_none" } },
    "PRICE_VERSION_NOT_FOUND",
  ],
  [
    "an unknown book",
    { usageSource: given(units("a", "1")), candidate: { case: "candidatePriceBook", value: "none" } },
    "PRICE_BOOK_NOT_FOUND",
  ],
  [
    "an unknown import",
    { usageSource: given(units("a", "1")), candidate: { case: "candidateImportId", value: "none" } },
    "IMPORT_NOT_FOUND",
  ],
];
for (const [name, request, reason] of refused) {
  test(`${name} is ${reason}`, async () =>
    assert.equal((await refusal(client.simulatePrice(request))).reason, reason));
}

// The last one: client and service share this process, which is busy with it for a while.
test("10,000 usages in one call", async () => {
  const { priceId } = await newPrice("2");
  const { totals, lines } = await client.simulatePrice({
    usageSource: given(...Array.from({ length: 10_000 }, () => units(priceId, "1"))),
    candidate: draft(priceId, unitTerms("3")),
  });
  assert.deepEqual([lines.length, totals[0]?.difference], [10_000, "10000"]);
});
