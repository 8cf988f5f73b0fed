import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type DrainResult, drain } from "./drain.ts";
import { createHttp1Server } from "./http1-server.ts";
import { createHttp2Server, type StreamHook } from "./http2-server.ts";
import type { RequestHandler } from "./request-handler.ts";
import { defaultServerLimits, type ServerLimits } from "./server-limits.ts";
import { sniffConnection } from "./sniff-connection.ts";
import { createTlsListener, keepAliveInitialDelayMs, type TlsIdentity } from "./tls.ts";

/** What `startServer` serves, and where. */
export interface ServerOptions {
  /** Address to listen on, for example "127.0.0.1" or "::". */
  host: string;
  /** 0 takes any free port. */
  port: number;
  handler: RequestHandler;
  /** Unset means cleartext. */
  tls?: TlsIdentity | undefined;
  /** May take HTTP/2 requests before the handler. */
  onStream?: StreamHook | undefined;
  /** What differs from `defaultServerLimits`. */
  limits?: Partial<ServerLimits> | undefined;
}

/** A server that listens. */
export interface RunningServer {
  /** The port it listens on. */
  port: number;
  /** The address it listens on. */
  address: string;
  /** Connections open now. */
  connectionCount(): number;
  /** Drains and stops; a repeated call gets the result of the first. */
  close(options: CloseOptions): Promise<DrainResult>;
}

export interface CloseOptions {
  /** Longest wait for calls in flight before they are cut. */
  graceMs: number;
}

/** Waiting connections that the system keeps while the process is busy. */
const backlog = 1024;

/**
 * Serves HTTP/1.1 and HTTP/2 on one port: browsers and curl speak nothing but HTTP/1.1 in cleartext, gRPC
 * nothing but HTTP/2, and Node's servers each only one of them.
 *
 * @throws Error if it cannot listen, or if the TLS identity is unusable.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const limits: ServerLimits = { ...defaultServerLimits, ...options.limits };
  const undecided = new Set<Socket>();
  const connections = new Set<Socket>();
  const http1 = createHttp1Server(options.handler, limits);
  const http2 = createHttp2Server(options.handler, limits, options.onStream);

  let drained: Promise<DrainResult> | undefined;
  const sniff = (socket: Socket): void => {
    if (drained !== undefined) {
      socket.destroy();
      return;
    }
    addWhileOpen(undecided, socket);
    sniffConnection(socket, limits.firstBytesMs, (protocol) => {
      undecided.delete(socket);
      // HTTP/1.1 answers a client that has closed its sending side; for HTTP/2 that means it has left.
      if (protocol === "http2") socket.allowHalfOpen = false;
      const side = protocol === "http2" ? http2 : http1;
      side.server.emit("connection", socket);
    });
  };
  const listener = createListener(options.tls, limits, sniff);
  listener.maxConnections = limits.maxConnections;
  listener.on("connection", (socket: Socket) => addWhileOpen(connections, socket));

  const { address, port } = await listen(listener, options.host, options.port);
  return {
    address,
    port,
    connectionCount: () => connections.size,
    close({ graceMs }) {
      drained ??= drain({ listener, http1, http2, connections, undecided }, graceMs);
      return drained;
    },
  };
}

function createListener(
  tls: TlsIdentity | undefined,
  limits: ServerLimits,
  onConnection: (socket: Socket) => void,
): Server {
  if (tls !== undefined) return createTlsListener(tls, limits.firstBytesMs, onConnection);
  return createServer(
    { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveInitialDelayMs },
    onConnection,
  );
}

function addWhileOpen(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
}

function listen(listener: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ host, port, backlog }, () => {
      listener.off("error", reject);
      resolve(listener.address() as AddressInfo);
    });
  });
}
