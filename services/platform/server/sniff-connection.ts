import type { Socket } from "node:net";

export type Protocol = "http1" | "http2";

/** The first bytes of every HTTP/2 connection (RFC 9113 §3.4). */
const http2Preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** The protocol that these first bytes begin; undefined while they may become either. */
export function decideProtocol(firstBytes: Buffer): Protocol | undefined {
  const length = Math.min(firstBytes.length, http2Preface.length);
  if (!firstBytes.subarray(0, length).equals(http2Preface.subarray(0, length))) return "http1";
  return length === http2Preface.length ? "http2" : undefined;
}

/**
 * Looks at the first bytes of a connection and hands it over with all its bytes, once. A connection that
 * fails, ends or keeps silent for `timeoutMs` before they are decided is destroyed.
 */
export function sniffConnection(
  socket: Socket,
  timeoutMs: number,
  handOver: (protocol: Protocol) => void,
): void {
  // The bytes are held here until they suffice: unshift() makes the socket readable again at once, so giving
  // back one byte and waiting for the second would spin for ever.
  let held: Buffer = Buffer.alloc(0);
  const destroy = (): void => {
    socket.destroy();
  };
  const timer = setTimeout(destroy, timeoutMs);
  const stop = (): void => {
    clearTimeout(timer);
    socket.off("readable", read);
    socket.off("end", destroy);
    socket.off("error", destroy);
    socket.off("close", stop);
  };
  const read = (): void => {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) return;
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const protocol = decideProtocol(held);
    if (protocol === undefined) return;
    stop();
    socket.unshift(held);
    handOver(protocol);
  };
  socket.on("readable", read);
  socket.on("end", destroy);
  socket.on("error", destroy);
  socket.on("close", stop);
}
