import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type ServiceName, serviceNames } from "./ports.ts";
import { listServicesConcerned, watchSources } from "./watch-sources.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-watch-"));
after(() => rmSync(folder, { recursive: true }));

const changes: ReadonlyArray<[path: string, services: readonly ServiceName[]]> = [
  ["services/core/main.ts", ["core"]],
  ["services/core/store/functions/reserve.lua", ["core"]],
  ["services/admin/http/routes.ts", ["admin"]],
  ["services/pricing/bundled/catalogue.json", ["pricing"]],
  ["services/platform/server/serve.ts", serviceNames],
  ["services/money/decimal.ts", serviceNames],
  ["gen/billing/core/v1/balance_pb.ts", serviceNames],
  ["services/core/domain/hold.test.ts", []],
  ["services/core/fixtures/journal.json", []],
  ["services/platform/testing/redis-server.ts", []],
  ["services/admin/dashboard/screens/overview.tsx", []],
  ["services/core/.main.ts.swp", []],
  ["services/core/main.ts~", []],
  ["services/corelation/main.ts", []],
  ["gen", []],
];
for (const [path, services] of changes) {
  test(`a change of ${path} concerns ${services.length === 5 ? "all" : services.join(", ") || "none"}`, () => {
    assert.deepEqual(listServicesConcerned(path), services);
  });
}

test("a burst of changes is told once, with all services concerned", async () => {
  for (const part of ["services/core", "services/admin", "gen"]) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  const { promise, resolve } = Promise.withResolvers<ServiceName[]>();
  let calls = 0;
  const stop = watchSources(folder, (services) => {
    calls += 1;
    resolve([...services]);
  });
  writeFileSync(join(folder, "services/core/a.ts"), "1");
  writeFileSync(join(folder, "services/core/b.ts"), "2");
  writeFileSync(join(folder, "services/core/b.test.ts"), "3");
  writeFileSync(join(folder, "services/admin/c.ts"), "4");
  assert.deepEqual((await promise).toSorted(), ["admin", "core"]);
  assert.equal(calls, 1);
  stop();
});
