/**
 * One Redis server as a child process: started with directives instead of a file, ready when it answers PING.
 */
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { forEachLine } from "./for-each-line.ts";
import { spawnTethered, type TetheredProcess } from "./tethered-process.ts";

/** Redis directives by name: one word, or several, e.g. `{ appendonly: "yes", save: ["900", "1"] }`. */
export type RedisSettings = Readonly<Record<string, string | readonly string[]>>;

/** What to start. `settings` needs a `dir`, and a `unixsocket` or a `port` on 127.0.0.1. */
export interface RedisProcessOptions {
  binary: string;
  settings: RedisSettings;
  /** How long loading its data may take before the start counts as failed. */
  readyWithinMs: number;
  /** Folder to delete if this process dies without stopping the server. */
  deleteOnParentLoss?: string;
  /** Default `kill`; `terminate` lets the server write what it has. */
  onParentLoss?: "kill" | "terminate";
  /** Receives each line that the server logs. */
  onLine?: (line: string) => void;
}

/** A running server. */
export type RedisProcess = Omit<TetheredProcess, "stdout" | "stderr">;

const keptLogLines = 20;
const pollMs = 10;
const pingTimeoutMs = 1_000;
/** A process that has ended may still have lines in its pipes. */
const lastWordsMs = 500;

/**
 * Starts a server and waits until it answers PING, that is, until its data are loaded.
 *
 * @throws Error with its last log lines if it ends early or is not ready in time; nothing is left running.
 */
export async function startRedisProcess(options: RedisProcessOptions): Promise<RedisProcess> {
  const { settings } = options;
  const server = spawnTethered(options.binary, [writeConfiguration(settings)], {
    ...(options.deleteOnParentLoss === undefined ? {} : { deleteOnParentLoss: options.deleteOnParentLoss }),
    ...(options.onParentLoss === undefined ? {} : { onParentLoss: options.onParentLoss }),
  });
  const lastLines: string[] = [];
  const collect = (line: string): void => {
    lastLines.push(line);
    lastLines.splice(0, lastLines.length - keptLogLines);
    options.onLine?.(line);
  };
  forEachLine(server.stdout, collect);
  forEachLine(server.stderr, collect);

  const deadline = Date.now() + options.readyWithinMs;
  while (!(await answersPing(settings))) {
    if (!server.isRunning() || Date.now() > deadline) {
      const reason = server.isRunning()
        ? `not ready within ${options.readyWithinMs} ms`
        : "ended while starting";
      server.signal("SIGKILL");
      await server.waitForExit();
      await Promise.race([
        Promise.all([finished(server.stdout), finished(server.stderr)]),
        sleep(lastWordsMs),
      ]);
      throw new Error(`Redis ${reason}:\n${lastLines.join("\n")}`);
    }
    await sleep(pollMs);
  }
  // Whoever holds the same address must not be mistaken for the server just started.
  if (!server.isRunning()) {
    throw new Error(`Redis ended while starting:\n${lastLines.join("\n")}`);
  }
  return server;
}

/** Settings go into a file that only the owner reads: parameters, a password among them, show in `ps`. */
function writeConfiguration(settings: RedisSettings): string {
  const path = join(String(settings.dir), "redis.conf");
  const lines = Object.entries(settings).map(([name, words]) => {
    const quoted = [words].flat().map((word) => JSON.stringify(word));
    return `${name} ${quoted.join(" ")}\n`;
  });
  writeFileSync(path, lines.join(""), { mode: 0o600 });
  return path;
}

/** One PING on a connection of its own; a server that still loads its data answers with an error. */
function answersPing(settings: RedisSettings): Promise<boolean> {
  const password = settings.requirepass;
  const request = password === undefined ? "PING\r\n" : `AUTH ${password}\r\nPING\r\n`;
  const expected = password === undefined ? "+PONG\r\n" : "+OK\r\n+PONG\r\n";
  return new Promise((resolve) => {
    const socket = openConnection(settings);
    let reply = "";
    const finish = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.setEncoding("utf8").setTimeout(pingTimeoutMs, () => finish(false));
    socket.once("error", () => finish(false)).once("end", () => finish(false));
    socket.once("connect", () => socket.write(request));
    socket.on("data", (chunk: string) => {
      reply += chunk;
      if (!expected.startsWith(reply) || reply === expected) {
        finish(reply === expected);
      }
    });
  });
}

function openConnection(settings: RedisSettings): Socket {
  return settings.unixsocket === undefined
    ? connect(Number(settings.port), "127.0.0.1")
    : connect(String(settings.unixsocket));
}
