import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import fc from "fast-check";
import { grpcFrame } from "../testing/http2-request.ts";

/** The bytes that a client of HTTP/2 sends for one call over gRPC, taken from a real one. */
export async function recordHttp2Call(path: string, token: string, message: Uint8Array): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let heard = () => {};
  const listener = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      heard();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const frame = grpcFrame(message);
  const session = connectHttp2(`http://127.0.0.1:${(listener.address() as AddressInfo).port}`);
  session.on("error", () => {});
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${token}`,
  });
  stream.on("error", () => {});
  stream.end(frame);
  await new Promise<void>((resolve) => {
    heard = () => {
      if (Buffer.concat(chunks).includes(frame)) resolve();
    };
    heard();
  });
  session.destroy();
  listener.close();
  return Buffer.concat(chunks);
}

/** The bytes of one call over HTTP/1.1. */
export function http1Call(path: string, token: string, body: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Good bytes with some changed, lost, doubled or put in; and bytes that were never good. */
export function fuzzedBytes(good: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const noise = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const change = fc.record({
    at: place,
    length: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom("flip", "cut", "double", "insert", "end"),
    bytes: noise,
  });
  const mutated = fc
    .tuple(fc.constantFrom(...good), fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([bytes, changes]) => changes.reduce(applyChange, bytes));
  return fc.oneof({ weight: 4, arbitrary: mutated }, { weight: 1, arbitrary: noise });
}

interface Change {
  readonly at: number;
  readonly length: number;
  readonly kind: string;
  readonly bytes: Buffer;
}

function applyChange(bytes: Buffer, { at, length, kind, bytes: noise }: Change): Buffer {
  const from = Math.floor(at * bytes.length);
  const part = bytes.subarray(from, from + length);
  const [before, after] = [bytes.subarray(0, from), bytes.subarray(from + part.length)];
  switch (kind) {
    case "flip":
      return Buffer.concat([
        before,
        part.map((byte, index) => byte ^ (noise[index % noise.length] ?? 1)),
        after,
      ]);
    case "cut":
      return Buffer.concat([before, after]);
    case "double":
      return Buffer.concat([before, part, part, after]);
    case "insert":
      return Buffer.concat([before, noise, part, after]);
    default:
      return before;
  }
}
