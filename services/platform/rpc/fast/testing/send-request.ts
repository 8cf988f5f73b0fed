import { type ClientHttp2Session, constants, type OutgoingHttpHeaders } from "node:http2";
import { waitUntil } from "../../../testing/eventually.ts";
import { openRawConnection } from "../../../testing/raw-connection.ts";

/** A request as bytes on their way. */
export interface SentRequest {
  readonly headers: OutgoingHttpHeaders;
  /** Sent one after another; without any, the headers end the request. */
  readonly chunks: readonly Uint8Array[];
  /** What follows the last chunk. Default "end". */
  readonly ending?: "end" | "nothing" | "cancel";
}

/** All that a client can see of the answer, without what differs between any two answers. */
export interface SeenAnswer {
  readonly headers: Record<string, unknown>;
  readonly trailers: Record<string, unknown>;
  readonly body: string;
  /** How the stream was reset; 0 if it was not. */
  readonly reset: number;
}

/** Sends over HTTP/2; resolves when the stream has ended. */
export async function sendHttp2(session: ClientHttp2Session, request: SentRequest): Promise<SeenAnswer> {
  const { chunks } = request;
  const stream = session.request(
    { ":method": "POST", ...request.headers },
    { endStream: chunks.length === 0 && request.ending === undefined },
  );
  const seen = { headers: {}, trailers: {}, reset: 0 };
  const body: Buffer[] = [];
  stream.on("response", (headers) => Object.assign(seen.headers, headers));
  stream.on("trailers", (headers) => Object.assign(seen.trailers, headers));
  stream.on("data", (chunk: Buffer) => body.push(chunk));
  stream.on("error", () => {});
  const closed = new Promise<void>((resolve) => stream.on("close", () => resolve()));
  for (const chunk of chunks) {
    if (stream.destroyed || stream.closed) break;
    // Each in a frame of its own, which the server sees by itself.
    await new Promise((resolve) => stream.write(chunk, resolve));
    await new Promise((resolve) => session.ping(resolve));
  }
  if (request.ending === "cancel") stream.close(constants.NGHTTP2_CANCEL);
  else if (request.ending !== "nothing") stream.end();
  await closed;
  seen.reset = stream.rstCode ?? 0;
  return { ...withoutDate(seen), body: Buffer.concat(body).toString("latin1") };
}

function withoutDate<T extends { headers: Record<string, unknown> }>(seen: T): T {
  const { date, ...headers } = seen.headers;
  return { ...seen, headers: { ...headers, hasDate: date !== undefined } };
}

/** Sends bytes over HTTP/1.1 and gives all that comes back until it matches, without the times in it. */
export async function sendHttp1(port: number, text: string, until: RegExp): Promise<string> {
  const connection = await openRawConnection(port);
  try {
    connection.socket.write(text, "latin1");
    await waitUntil("the answer", () => until.test(connection.received()));
    return sortedHeads(connection.received().replaceAll(/date: .*\r\n/gi, "date: …\r\n"));
  } finally {
    connection.socket.destroy();
  }
}

/** The order and the case of header names mean nothing. */
function sortedHeads(text: string): string {
  return text.replaceAll(/(HTTP\/1\.1 .*\r\n)((?:.+\r\n)*)/g, (_, status: string, fields: string) => {
    const lines = fields.split("\r\n").filter((line) => line !== "");
    const lower = lines.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()));
    return `${status}${lower.sort().join("\r\n")}\r\n`;
  });
}
