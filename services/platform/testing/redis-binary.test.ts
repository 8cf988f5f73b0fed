import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, test } from "node:test";
import {
  findRedisServer,
  isSupportedVersion,
  parseRedisServerVersion,
  redisServerCandidates,
} from "./redis-binary.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-binary-"));
after(() => rmSync(folder, { recursive: true }));

const versionTexts: ReadonlyArray<[text: string, product: string | undefined, version: string | undefined]> =
  [
    ["Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d\n", "redis", "7.0.15"],
    ["Redis server v=8.0.2 sha=00000000:1 malloc=libc bits=64 build=0", "redis", "8.0.2"],
    ["Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1", "valkey", "8.1.1"],
    ["redis-cli 7.0.15", undefined, undefined],
    ["", undefined, undefined],
  ];
for (const [text, product, version] of versionTexts) {
  test(`the version text "${text.slice(0, 24).trim()}" is ${product ?? "no server"} ${version ?? ""}`, () => {
    const parsed = parseRedisServerVersion(text);
    assert.deepEqual([parsed?.product, parsed?.version], [product, version]);
  });
}

const supported: ReadonlyArray<["redis" | "valkey", string, boolean]> = [
  ["redis", "6.2.14", false],
  ["redis", "7.0.0", true],
  ["redis", "10.1", true],
  ["valkey", "7.2.5", false],
  ["valkey", "8.0.0", true],
];
for (const [product, version, expected] of supported) {
  test(`${product} ${version} is ${expected ? "supported" : "too old"}`, () => {
    assert.equal(isSupportedVersion({ product, version }), expected);
  });
}

test("the fetched server is preferred to PATH, and redis-server to valkey-server", () => {
  const environment = { PATH: ["/a", "/b"].join(delimiter) };
  assert.deepEqual(redisServerCandidates({ environment, fetchedPath: "/fetched" }), [
    "/fetched",
    "/a/redis-server",
    "/b/redis-server",
    "/a/valkey-server",
    "/b/valkey-server",
  ]);
});

test("a server on PATH that is too old is passed over for a later one", () => {
  const old = fakeServer("old/redis-server", "Redis server v=6.2.1 sha=0");
  const good = fakeServer("good/valkey-server", "Valkey server v=8.1.1 sha=0");
  const path = [join(old, ".."), join(good, "..")].join(delimiter);
  const environment = { PATH: path };
  assert.equal(findRedisServer({ environment, fetchedPath: join(folder, "missing") }), good);
});

test("without any server the answer is undefined", () => {
  const environment = { PATH: folder };
  assert.equal(findRedisServer({ environment, fetchedPath: join(folder, "missing") }), undefined);
});

test("REDIS_SERVER wins over the fetched server", () => {
  const chosen = fakeServer("chosen/anything", "Redis server v=8.0.2 sha=0");
  const fetchedPath = fakeServer("fetched/redis-server", "Redis server v=7.0.15 sha=0");
  assert.equal(findRedisServer({ environment: { REDIS_SERVER: chosen }, fetchedPath }), chosen);
  assert.equal(findRedisServer({ environment: { REDIS_SERVER: "" }, fetchedPath }), fetchedPath);
});

test("a REDIS_SERVER that is missing or too old is an error that names it, never replaced", () => {
  const fetchedPath = fakeServer("fetched-2/redis-server", "Redis server v=7.0.15 sha=0");
  const tooOld = fakeServer("too-old/redis-server", "Redis server v=5.0.0 sha=0");
  for (const chosen of [join(folder, "missing"), tooOld]) {
    const find = () => findRedisServer({ environment: { REDIS_SERVER: chosen }, fetchedPath });
    assert.throws(find, new RegExp(`REDIS_SERVER=${chosen}`));
  }
});

/** A program that only knows --version. */
function fakeServer(name: string, versionText: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${versionText}"\n`);
  chmodSync(path, 0o755);
  return path;
}
