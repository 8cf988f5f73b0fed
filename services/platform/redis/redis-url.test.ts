import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRedisUrl, type RedisAddress } from "./redis-url.ts";

const accepted: Array<[text: string, address: RedisAddress]> = [
  ["redis://127.0.0.1:6379", { url: "redis://127.0.0.1:6379" }],
  ["redis://:pw@host/2", { url: "redis://:pw@host/2" }],
  ["rediss://user:pw@host:6380", { url: "rediss://user:pw@host:6380" }],
  ["unix:///run/redis.sock", { socket: { path: "/run/redis.sock", tls: false } }],
  ["unix:/run/redis.sock", { socket: { path: "/run/redis.sock", tls: false } }],
  ["unix:///a%20b/r.sock", { socket: { path: "/a b/r.sock", tls: false } }],
  ["unix://:p%40w@/run/r.sock", { socket: { path: "/run/r.sock", tls: false }, password: "p@w" }],
  [
    "unix://me:pw@/run/r.sock",
    { socket: { path: "/run/r.sock", tls: false }, username: "me", password: "pw" },
  ],
];
for (const [text, address] of accepted) {
  test(`${text} is understood`, () => assert.deepEqual(parseRedisUrl(text), address));
}

const refused: Array<[text: string, fault: RegExp]> = [
  ["", /not a URL/],
  ["swordfish", /not a URL/],
  ["127.0.0.1:6379", /not a URL/],
  ["redis://host:swordfish", /not a URL/],
  ["redis://", /needs a host/],
  ["redis://host/swordfish", /database/],
  ["redis://host/1/2", /database/],
  ["http://:swordfish@host", /unknown scheme http:/],
  ["unix://", /absolute path/],
  ["unix:///", /absolute path/],
  ["unix:run/r.sock", /absolute path/],
  ["unix://host/run/r.sock", /host/],
  ["unix:///a%zz", /escape/],
  ["unix://:swordfish%@/r.sock", /escape/],
];
for (const [text, fault] of refused) {
  test(`${JSON.stringify(text)} is refused without showing what may be a password`, () => {
    assert.throws(
      () => parseRedisUrl(text),
      (error: Error) => fault.test(error.message) && !error.message.includes("swordfish"),
    );
  });
}
