import type { Server, Socket } from "node:net";
import type { Http1Server } from "./http1-server.ts";
import { type Http2Side, retireSession } from "./http2-server.ts";

/** What a drain has to end. */
export interface DrainedParts {
  listener: Server;
  http1: Http1Server;
  http2: Http2Side;
  /** Every open connection. */
  connections: ReadonlySet<Socket>;
  /** Those that have not yet sent enough to tell their protocol. */
  undecided: ReadonlySet<Socket>;
}

/** How a drain went. */
export interface DrainResult {
  /** Connections that were still busy after the grace and were cut; 0 after a clean drain. */
  cutConnections: number;
}

/**
 * Takes no new connections, lets the calls in flight finish, asks clients to leave, and cuts what is left
 * after `graceMs`.
 */
export async function drain(parts: DrainedParts, graceMs: number): Promise<DrainResult> {
  const { listener, http1, http2, connections, undecided } = parts;
  const allClosed = new Promise<void>((resolve) => listener.close(() => resolve()));
  const stopHttp1 = http1.drain();
  for (const session of http2.sessions) retireSession(session);
  for (const socket of undecided) socket.destroy();

  let cutConnections = 0;
  const timer = setTimeout(() => {
    cutConnections = connections.size;
    for (const session of http2.sessions) session.destroy();
    for (const socket of connections) socket.destroy();
  }, graceMs);
  await allClosed;
  clearTimeout(timer);
  stopHttp1();
  // The listener is closed a moment before its last connections are.
  await Promise.all(Array.from(connections, untilClosed));
  return { cutConnections };
}

/** Resolves when a connection that is not yet closed is. */
function untilClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
