import type { RedisClientOptions } from "@redis/client";

/** Where a Redis is, in the terms of the client library. */
export type RedisAddress = Pick<RedisClientOptions, "url" | "socket" | "username" | "password" | "database">;

/** Own form: a URL has no credentials without a host, and a socket has no host. */
const unixForm = /^unix:(?:\/\/(?:(?<username>[^:@/]*):(?<password>[^@/]*)@)?)?(?<path>\/[^/].*)$/;
const databaseForm = /^\/?[0-9]{0,5}$/;

/**
 * Understands `redis://host:port`, `rediss://host:port` (a database number may follow: `/3`) and
 * `unix:///absolute/path.sock`; a password as in `redis://:secret@host` and `unix://:secret@/path.sock`.
 *
 * @throws Error naming the fault, without the password.
 */
export function parseRedisUrl(text: string): RedisAddress {
  const scheme = /^([a-z]+):/.exec(text)?.[1];
  if (scheme === "unix") return parseUnixUrl(text);
  const url = URL.parse(text);
  if (url === null || scheme === undefined)
    throw new Error("not a URL; expected redis://host:port, rediss://host:port or unix:///path.sock");
  if (scheme !== "redis" && scheme !== "rediss") throw new Error(`unknown scheme ${scheme}://`);
  if (url.hostname === "") throw new Error(`${scheme}:// needs a host`);
  if (!databaseForm.test(url.pathname)) throw new Error("what follows the host must be a database number");
  return { url: text };
}

function parseUnixUrl(text: string): RedisAddress {
  const { username, password, path } = unixForm.exec(text)?.groups ?? {};
  if (path === undefined) throw new Error("unix: needs an absolute path and no host");
  try {
    return {
      socket: { path: decodeURIComponent(path), tls: false },
      ...(username ? { username: decodeURIComponent(username) } : {}),
      ...(password ? { password: decodeURIComponent(password) } : {}),
    };
  } catch {
    throw new Error("unix: has a % in its path or password that begins no escape; write it as %25");
  }
}
