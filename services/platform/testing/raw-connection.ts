import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { waitUntil } from "./eventually.ts";

/** A TCP connection that a test writes bytes to, however malformed. */
export interface RawConnection {
  socket: Socket;
  /** All that has come, as Latin-1. */
  received(): string;
  /** Waits until what has come matches. */
  receive(pattern: RegExp): Promise<string>;
  /** Waits until the server has closed the connection. */
  closed(deadlineMs?: number): Promise<void>;
}

/** Connects and keeps its own side open when the server closes the other, so that a test sees exactly that. */
export async function openRawConnection(port: number, host = "127.0.0.1"): Promise<RawConnection> {
  const socket = connect({ port, host, noDelay: true });
  const chunks: string[] = [];
  let ended = false;
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => chunks.push(chunk));
  socket.on("end", () => {
    ended = true;
  });
  // A reset is one of the ways in which a server closes.
  socket.on("error", () => {
    ended = true;
  });
  await once(socket, "connect");
  const received = (): string => chunks.join("");
  return {
    socket,
    received,
    async receive(pattern) {
      await waitUntil(`${pattern} received`, () => pattern.test(received()));
      return received();
    },
    closed: (deadlineMs) => waitUntil("connection closed by the server", () => ended, deadlineMs),
  };
}
