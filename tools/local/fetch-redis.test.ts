import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePackage } from "./fetch-redis.ts";

const offers: ReadonlyArray<[name: string, versions: Record<string, string>, expected: string | RegExp]> = [
  ["Redis 7.0", { "redis-tools": "7.0.15" }, "redis-tools 7.0.15"],
  ["Redis and Valkey", { "redis-tools": "8.0.2", "valkey-tools": "8.1.1" }, "redis-tools 8.0.2"],
  ["an old Redis and Valkey 8", { "redis-tools": "6.0.16", "valkey-tools": "8.0.1" }, "valkey-tools 8.0.1"],
  ["an old Redis", { "redis-tools": "6.0.16" }, /has only redis-tools 6\.0\.16\. .*install Redis ≥ 7\.0/],
  ["an old Valkey", { "valkey-tools": "7.2.8" }, /has only valkey-tools 7\.2\.8\. .*or Valkey ≥ 8/],
  ["neither", {}, /^No Redis found: install .*REDIS_SERVER/],
];
for (const [name, versions, expected] of offers) {
  test(`a distribution with ${name} gives ${typeof expected === "string" ? expected : "a line on what to install"}`, () => {
    const choose = () => choosePackage({ findVersion: (packageName) => versions[packageName] });
    if (typeof expected === "string") {
      const { distribution, version } = choose();
      assert.equal(`${distribution.package} ${version}`, expected);
    } else {
      assert.throws(choose, (error: Error) => expected.test(error.message) && !error.message.includes("\n"));
    }
  });
}
