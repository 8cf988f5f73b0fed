import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { completeLock, listMissingPackages, type PackageLock } from "./complete-lock.ts";

test("the committed lock names every optional package, so npm ci accepts it", () => {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as PackageLock;
  assert.deepEqual([...listMissingPackages(lock).keys()], []);
});

test("a missing platform package is added with its platform and without touching the others", () => {
  const locked = { version: "1.2.3", os: ["linux"], cpu: ["x64"], optional: true, dev: true };
  const lock = {
    lockfileVersion: 3,
    packages: {
      "": {},
      "node_modules/tool": {
        version: "1.2.3",
        dev: true,
        optionalDependencies: { "tool-linux-x64": "1.2.3", "tool-linux-arm64-musl": "1.2.3" },
      },
      "node_modules/tool-linux-x64": locked,
    },
  };
  const completed = completeLock(lock);
  assert.equal(completed.lockfileVersion, 3);
  assert.deepEqual(Object.keys(completed.packages), [
    "",
    "node_modules/tool",
    "node_modules/tool-linux-arm64-musl",
    "node_modules/tool-linux-x64",
  ]);
  assert.equal(completed.packages["node_modules/tool-linux-x64"], locked);
  const { packages }: PackageLock = completed;
  assert.deepEqual(packages["node_modules/tool-linux-arm64-musl"], {
    version: "1.2.3",
    cpu: ["arm64"],
    dev: true,
    libc: ["musl"],
    optional: true,
    os: ["linux"],
  });
  assert.equal(listMissingPackages(completed).size, 0);
});

for (const [name, version] of [
  ["tool-linux-x64", "^1.2.3"],
  ["fsevents", "2.3.3"],
] as const) {
  test(`${name} ${version} is refused, since its platform or version is not known`, () => {
    const lock = { packages: { "": { optionalDependencies: { [name]: version } } } };
    assert.throws(() => completeLock(lock), new RegExp(`cannot lock the optional package ${name}`));
  });
}
