import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { findLockOwner, releaseLock, takeLock, withExclusiveLock } from "./exclusive-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "holdfast-lock-"));
after(() => rmSync(folder, { recursive: true }));

test("a lock is held once, names its owner, and can be taken again when released", () => {
  const path = join(folder, "once");
  assert.equal(takeLock(path), undefined);
  assert.equal(takeLock(path), process.pid);
  assert.equal(findLockOwner(path), process.pid);
  assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
  releaseLock(path);
  assert.equal(findLockOwner(path), undefined);
  assert.equal(takeLock(path), undefined);
});

const deadOwners: ReadonlyArray<[name: string, content: () => string]> = [
  ["an ended process", () => `${spawnSync("true").pid}\n`],
  ["nobody", () => "not a number"],
];
for (const [name, content] of deadOwners) {
  test(`the lock of ${name} is taken over`, () => {
    const path = join(folder, name);
    writeFileSync(path, content());
    assert.equal(findLockOwner(path), undefined);
    assert.equal(takeLock(path), undefined);
    assert.equal(findLockOwner(path), process.pid);
  });
}

test("the lock of another living process is not released by this one", () => {
  const path = join(folder, "other");
  writeFileSync(path, "1\n");
  releaseLock(path);
  assert.equal(takeLock(path), 1);
});

test("work under the lock never overlaps, and the lock is free afterwards", async () => {
  const path = join(folder, "work");
  let inside = 0;
  const runs = [1, 2, 3].map(() =>
    withExclusiveLock(path, 10_000, async () => {
      inside += 1;
      assert.equal(inside, 1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    }),
  );
  await Promise.all(runs);
  await assert.rejects(
    withExclusiveLock(path, 0, () => Promise.reject(new Error("broke"))),
    /broke/,
  );
  assert.equal(existsSync(path), false);
});

test("waiting for a holder has an end", async () => {
  const path = join(folder, "wait");
  writeFileSync(path, "1\n");
  await assert.rejects(
    withExclusiveLock(path, 1, async () => undefined),
    /process 1 still holds/,
  );
});
