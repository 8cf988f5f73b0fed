import { open } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { parseRedisUrl } from "#platform/redis/redis-url.ts";

const longestLineBytes = 1_024;
/** While the server makes the snapshot it sends a line feed every second. */
const silenceMs = 60_000;
const newline = 0x0a;

/**
 * Writes what a Redis server holds at this moment to a file, in the format of its own dumps. The server sends it
 * as it would to a new replica (`SYNC`) and goes on serving; it needs memory for what changes meanwhile.
 *
 * @throws Error with the server's words if it refuses; a managed server may, and has snapshots of its own then.
 */
export async function writeRedisSnapshot(url: string, path: string): Promise<number> {
  const { socket, credentials } = openSocket(url);
  socket.setTimeout(silenceMs, () => socket.destroy(new Error("Redis fell silent")));
  // One after the other: Redis refuses SYNC while an answer is still on its way.
  const sync = () => socket.write("SYNC\r\n");
  if (credentials.length === 0) sync();
  else socket.write(`${["AUTH", ...credentials.map(quoted)].join(" ")}\r\n`);
  await using file = await open(path, "wx", 0o600);
  const header = new SnapshotHeader(credentials.length > 0 ? sync : undefined);
  let leftBytes = Number.POSITIVE_INFINITY;
  let totalBytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    const begun = header.lengthBytes !== undefined;
    const content = begun ? chunk : header.read(chunk);
    if (!begun && header.lengthBytes !== undefined) leftBytes = totalBytes = header.lengthBytes;
    // Whatever follows the snapshot is for replicas.
    await file.write(content.subarray(0, leftBytes));
    leftBytes -= Math.min(content.length, leftBytes);
    if (leftBytes === 0) break;
  }
  socket.destroy();
  if (leftBytes > 0) throw new Error("the connection to Redis ended before its snapshot was whole");
  await file.sync();
  return totalBytes;
}

/** The lines before the snapshot: `+OK` for the password, empty ones while it is made, then `$<bytes>`. */
class SnapshotHeader {
  /** Length of the snapshot, once it is known. */
  lengthBytes: number | undefined;
  #onOk: (() => void) | undefined;
  #rest = Buffer.alloc(0);

  /** `onOk` is called once the password was accepted; undefined if none was sent. */
  constructor(onOk: (() => void) | undefined) {
    this.#onOk = onOk;
  }

  /** Takes more bytes and gives those that belong to the snapshot already. */
  read(chunk: Buffer): Buffer {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = this.#rest.indexOf(newline);
      if (end === -1 && this.#rest.length > longestLineBytes) throw new Error("Redis answers something else");
      if (end === -1) return Buffer.alloc(0);
      const line = this.#rest.subarray(0, end).toString("latin1").trim();
      this.#rest = this.#rest.subarray(end + 1);
      const length = /^\$(\d+)$/.exec(line)?.[1];
      if (length !== undefined) {
        this.lengthBytes = Number(length);
        return this.#rest;
      }
      if (line === "+OK" && this.#onOk !== undefined) {
        this.#onOk();
        this.#onOk = undefined;
      } else if (line !== "") throw new Error(`Redis gives no snapshot: ${line}`);
    }
  }
}

function openSocket(text: string): { socket: Socket; credentials: string[] } {
  const address = parseRedisUrl(text);
  if (address.url === undefined) {
    const { path } = address.socket as { path: string };
    const { username, password } = address;
    return { socket: connect(path), credentials: [username, password].filter((part) => part !== undefined) };
  }
  const url = new URL(address.url);
  const target = { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 6_379) };
  const socket =
    url.protocol === "rediss:" ? connectTls({ ...target, servername: target.host }) : connect(target);
  return { socket, credentials: [url.username, url.password].filter(Boolean).map(decodeURIComponent) };
}

/** As inline commands take words. */
function quoted(word: string): string {
  return `"${word.replace(/["\\]/g, "\\$&")}"`;
}
