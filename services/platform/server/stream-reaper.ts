import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";

/** Time for the reply to reach the client before its request is cut: cut at once, it reads "premature close". */
const lingerMs = 50;

/**
 * Frees an HTTP/2 stream that was answered before its request was read to the end. Handlers that refuse an
 * oversize or unwanted request leave it open; it would count against the connection and hold up a drain.
 */
export function reapAnsweredStream(stream: ServerHttp2Stream): void {
  stream.once("finish", () => {
    if (stream.readableEnded || stream.destroyed) return;
    setTimeout(() => {
      if (stream.readableEnded || stream.destroyed) return;
      stream.close(constants.NGHTTP2_NO_ERROR);
      stream.resume();
      setTimeout(() => stream.destroy(), lingerMs);
    }, lingerMs);
  });
}

/** Time for an HTTP/1.1 client to read the reply before its connection is cut. */
const unreadRequestMs = 1_000;

/**
 * Closes the connection of an HTTP/1.1 request that was answered before it had arrived: what remains of it
 * would stand before the next request.
 */
export function reapAnsweredRequest(request: IncomingMessage, response: ServerResponse): void {
  // Kept here, since a request that is destroyed forgets its connection.
  const { socket } = request;
  response.once("finish", () => {
    if (request.complete || socket.destroyed) return;
    socket.end();
    const timer = setTimeout(() => socket.destroy(), unreadRequestMs);
    socket.once("close", () => clearTimeout(timer));
  });
}
