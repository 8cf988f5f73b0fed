import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { joinLibrary } from "./function-library.ts";

/** Computes everything about many pairs in one call: sum, difference, order, ranges, negation. */
const testFunction = `
redis.register_function('integer_test', function(keys, pairs)
  return run(function()
    local results = {}
    for position = 1, #pairs, 2 do
      local a, b = pairs[position], pairs[position + 1]
      results[#results + 1] = concat({
        integer.add(a, b), integer.subtract(a, b), tostring(integer.is_less(a, b)),
        tostring(integer.fits_int64(a)), tostring(integer.fits_lifetime(a)), integer.negate(a),
        tostring(integer.is_amount(a)),
      }, ' ')
    end
    return results
  end, keys, pairs)
end)`;

let server: TestRedis;
let redis: Redis;
before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url, { name: "integer" });
  const library = joinLibrary("integers", ["runtime", "integer"], testFunction);
  await redis.onEveryPrimary(["FUNCTION", "LOAD", library]);
});
after(async () => {
  await redis.close();
  await server.stop();
});

const int64Max = 2n ** 63n - 1n;
const lifetimeMax = 10n ** 24n;

function within(value: bigint, most: bigint): boolean {
  return value >= -most && value <= most;
}

function expectedOf(a: bigint, b: bigint): string {
  const facts = [
    a + b,
    a - b,
    a < b,
    within(a, int64Max),
    within(a, lifetimeMax),
    -a,
    a >= 0n && within(a, int64Max),
  ];
  return facts.join(" ");
}

async function checkPairs(pairs: ReadonlyArray<readonly [bigint, bigint]>): Promise<void> {
  const results = await redis.callFunction<string[]>("integer_test", ["k"], pairs.flat().map(String));
  for (const [index, [a, b]] of pairs.entries()) {
    assert.equal(results[index], expectedOf(a, b), `${a} and ${b}`);
  }
}

test("arithmetic on decimal text agrees with BigInt up to 10^25", async () => {
  const magnitudes = [10n ** 3n, 10n ** 9n, 10n ** 15n, int64Max, 10n ** 19n, lifetimeMax, 10n ** 25n];
  const value = fc.oneof(...magnitudes.map((most) => fc.bigInt({ min: -most, max: most })));
  const pairs = fc.array(fc.tuple(value, value), { minLength: 500, maxLength: 500 });
  await fc.assert(fc.asyncProperty(pairs, checkPairs), { numRuns: 100 });
});

test("arithmetic agrees with BigInt around every limb and range boundary", async () => {
  const centres = [9n, 14n, 15n, 16n, 18n, 19n, 24n]
    .map((digits) => 10n ** digits)
    .concat([int64Max, 2n ** 53n, 0n]);
  const values = centres.flatMap((centre) =>
    [-2n, -1n, 0n, 1n, 2n].flatMap((step) => [centre + step, -(centre + step)]),
  );
  for (const a of values) await checkPairs(values.map((b) => [a, b] as const));
});

test("only canonical amounts are taken as such", async () => {
  const texts = ["-0", "+1", "007", "", " 1", "1 ", "1.0", "1e3", "0x10", "9223372036854775808", "-1", "nan"];
  for (const text of texts) {
    const source = `redis.register_function('is_amount', function(_, arguments)
      return run(function() return tostring(integer.is_amount(arguments[1])) end, {}, {})
    end)`;
    const library = joinLibrary("amounts", ["runtime", "integer"], source);
    await redis.onEveryPrimary(["FUNCTION", "LOAD", "REPLACE", library]);
    assert.equal(await redis.callFunction("is_amount", ["k"], [text]), "false", JSON.stringify(text));
  }
});
