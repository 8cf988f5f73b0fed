import type { ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import { Socket } from "node:net";

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

/** Time for an HTTP/1.1 client to stop sending and to read the reply before its connection is cut. */
const unreadRequestMs = 1_000;

/**
 * Closes the connection of an HTTP/1.1 request that was answered before it had arrived: what remains of it would
 * stand before the next request. To be called before the answer ends.
 *
 * What comes meanwhile is read and dropped. A connection that is closed with bytes unread is reset, and a client that
 * is still sending then sees a broken connection, at times without the answer that says why.
 */
export function reapAnsweredRequest({ req: request, socket }: ServerResponse): void {
  // A handler that left the request has destroyed it, and with that it forgot its connection; the response has not.
  if (socket === null) return;
  // What Node calls after the last answer of a connection.
  socket.destroySoon = () => {
    if (request.complete) return void Socket.prototype.destroySoon.call(socket);
    socket.end();
    request.removeAllListeners("data");
    request.resume();
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), unreadRequestMs);
    socket.once("close", () => clearTimeout(timer));
  };
}
