import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Redis } from "#platform/redis/redis.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { connectTestRedis } from "#platform/testing/test-redis.ts";
import { servicesWith, startTestDoor } from "../testing/test-door.ts";

let server: TestRedis;
let redis: Redis;
let folder: string;
let built: Awaited<ReturnType<typeof startTestDoor>>;
let unbuilt: Awaited<ReturnType<typeof startTestDoor>>;
const browser = { accept: "text/html,application/xhtml+xml" };

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  folder = await mkdtemp(join(tmpdir(), "holdfast-dashboard-"));
  await mkdir(join(folder, "built/assets"), { recursive: true });
  await writeFile(join(folder, "built/index.html"), "<!doctype html><title>Holdfast</title>");
  await writeFile(join(folder, "built/assets/app-1a2b.js"), "export {};");
  await writeFile(join(folder, "secret.txt"), "secret");
  const services = servicesWith(async () => ({}));
  built = await startTestDoor({ redis, services, dashboardFolder: join(folder, "built") });
  unbuilt = await startTestDoor({ redis, services, dashboardFolder: join(folder, "nothing") });
});

after(async () => {
  await built?.drain();
  await unbuilt?.drain();
  await redis?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("a dashboard that is built", () => {
  for (const url of ["/", "/sign-in", "/accounts/acme?range=7d"]) {
    test(`is served to a browser at ${url}, under the strict policy`, async () => {
      const page = await built.app.inject({ url, headers: browser });
      assert.equal(page.statusCode, 200);
      assert.match(page.body, /<title>Holdfast/);
      assert.match(String(page.headers["content-security-policy"]), /^default-src 'none'; script-src 'self'/);
      assert.doesNotMatch(String(page.headers["content-security-policy"]), /unsafe/);
      assert.equal(page.headers["cache-control"], "no-cache");
      assert.equal(page.headers["x-content-type-options"], "nosniff");
    });
  }

  test("has files that a browser keeps", async () => {
    const file = await built.app.inject({ url: "/assets/app-1a2b.js" });
    assert.equal(file.statusCode, 200);
    assert.match(String(file.headers["content-type"]), /javascript/);
    assert.equal(file.headers["cache-control"], "public, max-age=31536000, immutable");
  });

  for (const url of ["/nothing", "/assets/gone.js", "/admin/nothing", "/rpc2"]) {
    test(`does not answer a program that asks for ${url}`, async () => {
      const response = await built.app.inject({ url, headers: { accept: "*/*" } });
      assert.deepEqual([response.statusCode, response.json().reason], [404, "ROUTE_NOT_FOUND"]);
    });
  }

  for (const url of [
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/assets/..%2f..%2fsecret.txt",
    "/%2e%2e/secret.txt",
  ]) {
    test(`gives no file outside its folder by ${url}`, async () => {
      const response = await built.app.inject({ url });
      assert.notEqual(response.statusCode, 200);
      assert.ok(!response.body.includes("secret\n") && response.body !== "secret");
    });
  }

  test("takes no other method", async () => {
    const response = await built.app.inject({ method: "POST", url: "/" });
    assert.deepEqual([response.statusCode, response.headers.allow], [405, "GET, HEAD"]);
  });
});

describe("a dashboard that is not built", () => {
  test("leaves a page that says so and leads on", async () => {
    const page = await unbuilt.app.inject({ url: "/", headers: browser });
    assert.equal(page.statusCode, 200);
    for (const word of ["not built", "make dev", "/docs", "/openapi.json"])
      assert.ok(page.body.includes(word), word);
    for (const [, url = ""] of page.body.matchAll(/href="([^"]+)"/g))
      assert.equal((await unbuilt.app.inject({ url })).statusCode, 200, url);
  });

  test("answers other paths with a problem", async () => {
    assert.equal((await unbuilt.app.inject({ url: "/sign-in", headers: browser })).statusCode, 404);
  });
});
