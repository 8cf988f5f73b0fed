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

/** Time for an HTTP/1.1 client to notice the reply and stop sending; the connection cannot be used again. */
const unreadRequestMs = 1_000;

/** Closes the connection of an HTTP/1.1 request that was answered and whose rest does not end soon. */
export function reapAnsweredRequest(request: IncomingMessage, response: ServerResponse): void {
  response.once("finish", () => {
    if (request.complete) return;
    request.resume();
    setTimeout(() => {
      if (!request.complete) request.socket.destroy();
    }, unreadRequestMs);
  });
}
