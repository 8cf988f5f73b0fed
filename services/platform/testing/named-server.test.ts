import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { findTestServer } from "./named-server.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-named-server-"));
});
after(() => rmSync(folder, { recursive: true }));

/** A program that only knows --version. */
function fakeServer(name: string, versionText: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho "${versionText}"\n`);
  chmodSync(path, 0o755);
  return path;
}

test("TEST_REDIS names the server that tests start", () => {
  const redis = fakeServer("redis", "Redis server v=8.0.2 sha=0");
  const valkey = fakeServer("valkey", "Valkey server v=8.1.1 sha=0");
  const environment = { REDIS_8_SERVER: redis, VALKEY_8_SERVER: valkey };
  assert.equal(findTestServer({ ...environment, TEST_REDIS: "redis-8" }), redis);
  assert.equal(findTestServer({ ...environment, TEST_REDIS: "valkey-8" }), valkey);
  for (const TEST_REDIS of ["", undefined])
    assert.equal(findTestServer({ ...environment, TEST_REDIS, REDIS_SERVER: redis }), redis);
});

test("another product or version than the name says is refused, with what to do", () => {
  const old = fakeServer("old", "Redis server v=7.0.15 sha=0");
  const valkey = fakeServer("valkey-8", "Valkey server v=8.1.1 sha=0");
  const cases: ReadonlyArray<[path: string, found: RegExp]> = [
    [old, /redis 7\.0\.15/],
    [valkey, /valkey 8\.1\.1/],
    [join(folder, "missing"), /no server that starts/],
  ];
  for (const [path, found] of cases) {
    assert.throws(
      () => findTestServer({ TEST_REDIS: "redis-8", REDIS_8_SERVER: path }),
      (error: Error) => found.test(error.message) && /fetch-test-servers.*REDIS_8_SERVER/.test(error.message),
    );
  }
  assert.throws(() => findTestServer({ TEST_REDIS: "redis-9" }), /redis-9 is none of redis-8, valkey-8/);
});
