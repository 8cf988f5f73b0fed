import assert from "node:assert/strict";
import { existsSync, globSync } from "node:fs";
import { test } from "node:test";
import { findNamedServer, serverNames } from "#platform/testing/named-server.ts";
import { readRedisServerVersion } from "#platform/testing/redis-binary.ts";
import { runTestFiles } from "./run-test-files.ts";

/** Where the tests lie that show what the ledger and the parts under it ask of a server. */
const folders = [
  "services/core",
  "services/platform/redis",
  "services/platform/lease",
  "services/platform/feed",
  "services/platform/queue",
  "services/platform/documents",
];
/** Tests that look at one server (its settings, permissions, memory, a kill) or at none. */
const standaloneOnly = /hazards|startup-gate|ledger-store|integer\.|keys\.|resource-id/;
const withinMs = 1_500_000;

const files = folders.flatMap((folder) => {
  assert.ok(existsSync(folder), folder);
  return globSync(`${folder}/**/*.test.ts`).filter((file) => !file.endsWith(".full.test.ts"));
});

for (const name of serverNames) {
  test(`the tests of the ledger and of what it stands on pass on ${name}`, async (context) => {
    const version = readRedisServerVersion(findNamedServer(name))?.version;
    const outcome = await runTestFiles(files, { TEST_REDIS: name }, withinMs);
    context.diagnostic(`${name} ${version}: ${outcome.passed} of ${outcome.count} tests pass`);
    assert.deepEqual(outcome.failures, []);
    assert.ok(outcome.passed > 300, `only ${outcome.passed} tests ran`);
  });
}

const ledgerFiles = files.filter(
  (file) => /^services\/core\/(domain|store)\//.test(file) && !standaloneOnly.test(file),
);
for (const name of ["", ...serverNames]) {
  test(`the ledger's tests pass on a cluster of three primaries of ${name || "the usual server"}`, async (context) => {
    const outcome = await runTestFiles(
      ledgerFiles,
      { TEST_REDIS: name, TEST_LEDGER_PRIMARIES: "3" },
      withinMs,
    );
    context.diagnostic(`cluster: ${outcome.passed} of ${outcome.count} tests pass`);
    assert.deepEqual(outcome.failures, []);
    assert.ok(outcome.passed > 50, `only ${outcome.passed} tests ran`);
  });
}
