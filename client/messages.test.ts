import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const entries: ReadonlyArray<[entry: string, folder: string]> = [
  ["core", "core"],
  ["pricing", "pricing"],
  ["exchange", "exchange"],
  ["monitoring", "monitoring"],
  ["admin", "admin"],
  ["types", "type"],
];
for (const [entry, folder] of entries) {
  test(`the entry ${entry} of the package exports every message of its protos`, () => {
    const source = readFileSync(join(root, `client/messages/${entry}.ts`), "utf8");
    const exported = [...source.matchAll(/from "\.\.\/\.\.\/(gen\/[^"]+)"/g)].map(([, path = ""]) => path);
    const generated = globSync(`gen/billing/${folder}/v1/*_pb.ts`, { cwd: root });
    assert.ok(generated.length >= 5);
    assert.deepEqual(
      exported.map((path) => basename(path)).toSorted(),
      generated.map((path) => basename(path)).toSorted(),
    );
  });
}
