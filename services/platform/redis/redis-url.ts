import type { RedisClientOptions } from "redis";

/** Where a Redis is, in the terms of the client library. */
export type RedisAddress = Pick<RedisClientOptions, "url" | "socket" | "username" | "password" | "database">;

/**
 * Understands `redis://`, `rediss://` and `unix:///absolute/path.sock` (a password as in
 * `unix://:secret@/path.sock`).
 *
 * @throws Error naming the fault, without the password.
 */
export function parseRedisUrl(text: string): RedisAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new Error("not a URL; expected redis://host:port, rediss://host:port or unix:///path.sock");
  }
  if (url.protocol === "redis:" || url.protocol === "rediss:") return { url: text };
  if (url.protocol !== "unix:") throw new Error(`unknown scheme ${url.protocol}//`);
  if (!url.pathname.startsWith("/") || url.pathname.length < 2)
    throw new Error("unix: needs an absolute path");
  return {
    socket: { path: decodeURIComponent(url.pathname), tls: false },
    ...(url.username ? { username: decodeURIComponent(url.username) } : {}),
    ...(url.password ? { password: decodeURIComponent(url.password) } : {}),
  };
}
