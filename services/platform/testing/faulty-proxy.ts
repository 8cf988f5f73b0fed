/**
 * A TCP proxy between a client and its server that fails in a chosen way, so that a test sees what the client
 * does about it.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";

/** What the proxy does with a connection. Where it cuts, both sides see a reset. */
export type ProxyFault =
  /** Forwards everything. */
  | { readonly kind: "none" }
  /** Cuts as soon as the client has connected. */
  | { readonly kind: "cutOnConnect" }
  /** Cuts when the client sends something, which never reaches the target. */
  | { readonly kind: "cutBeforeRequest" }
  /**
   * Forwards what the client sends; once the target answers that, passes on `afterBytes` of it (default 0) and
   * cuts. What the target sends before the client has sent anything passes.
   */
  | { readonly kind: "cutReply"; readonly afterBytes?: number }
  /** Forwards what the client sends and drops what the target answers, until the test cuts. */
  | { readonly kind: "swallowReply" }
  /** Drops what either side sends; the connection stays open and silent. */
  | { readonly kind: "blackhole" }
  /** Waits before it forwards each piece, in both directions. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** Forwards each byte as a write of its own, in both directions. */
  | { readonly kind: "splitBytes" }
  /** Ends the sending side towards the client after the target's first piece; still takes what the client sends. */
  | { readonly kind: "halfClose" };

/** A running proxy. */
export interface FaultyProxy extends AsyncDisposable {
  /** The port of 127.0.0.1 on which clients connect; stays the same for the proxy's life. */
  readonly port: number;
  /** Connections taken so far. */
  readonly connectionCount: number;
  /** Bytes that reached the target so far. */
  readonly forwardedBytes: number;
  /** From now on, for new connections and for the next piece on open ones that no script governs. */
  setFault(fault: ProxyFault): void;
  /** One fault for each of the next connections, in order; those after them follow `setFault` again. */
  script(...faults: readonly ProxyFault[]): void;
  /** Resets every open connection now. */
  cutConnections(): void;
  /** Stops listening, so that new connections are refused; open ones stay. */
  refuseConnections(): Promise<void>;
  /** Listens again, on the same port. */
  acceptConnections(): Promise<void>;
  /** Resets what is open and stops. May be called twice. */
  stop(): Promise<void>;
}

/** Where the proxy forwards to. */
export type ProxyTarget = { readonly port: number; readonly host?: string } | { readonly path: string };

/** One client and the connection to the target that belongs to it. */
interface Pair {
  readonly client: Socket;
  readonly target: Socket;
  readonly fault: () => ProxyFault;
  /** The fault under which the client's latest bytes went to the target; undefined before the first. */
  requestedUnder: ProxyFault | undefined;
  /** Bytes of the reply that passed under that fault. */
  repliedBytes: number;
  cut(): void;
}

/** Starts a proxy on a free port of 127.0.0.1, without a fault at first. */
export async function startFaultyProxy(target: ProxyTarget): Promise<FaultyProxy> {
  let current: ProxyFault = { kind: "none" };
  let connectionCount = 0;
  let forwardedBytes = 0;
  const scripted: ProxyFault[] = [];
  const pairs = new Set<Pair>();

  const accept = (client: Socket) => {
    connectionCount++;
    const own = scripted.shift();
    const fault = () => own ?? current;
    if (fault().kind === "cutOnConnect") {
      client.on("error", () => {}).resetAndDestroy();
      return;
    }
    const pair = openPair(client, target, fault, () => pairs.delete(pair));
    pairs.add(pair);
    void forward(client, pair, async (piece) => {
      if (await forwardRequest(pair, piece)) forwardedBytes += piece.length;
    });
    void forward(pair.target, pair, (piece) => forwardReply(pair, piece));
  };
  const cutConnections = () => {
    for (const pair of pairs) pair.cut();
  };

  let server = await listen(accept, 0);
  const { port } = server.address() as AddressInfo;
  const refuseConnections = async () => {
    if (!server.listening) return;
    // Node closes the listening socket at once and calls back when the last connection is gone.
    server.close();
    await immediate();
  };
  const stop = async () => {
    await refuseConnections();
    cutConnections();
  };
  return {
    port,
    get connectionCount() {
      return connectionCount;
    },
    get forwardedBytes() {
      return forwardedBytes;
    },
    setFault: (fault) => {
      current = fault;
    },
    script: (...faults) => {
      scripted.push(...faults);
    },
    cutConnections,
    refuseConnections,
    acceptConnections: async () => {
      if (!server.listening) server = await listen(accept, port);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function listen(accept: (client: Socket) => void, port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function openPair(client: Socket, to: ProxyTarget, fault: () => ProxyFault, onEnd: () => void): Pair {
  const target = new Socket({ allowHalfOpen: true });
  const cut = () => {
    reset(client);
    reset(target);
  };
  for (const socket of [client, target]) socket.on("error", cut).on("close", onEnd);
  connectTo(target, to);
  return { client, target, fault, requestedUnder: undefined, repliedBytes: 0, cut };
}

/**
 * Resets a connection. One whose end is on its way cannot be reset: the system refuses, Node never closes it then,
 * and the process spins for ever when it exits.
 */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

function connectTo(socket: Socket, to: ProxyTarget): void {
  if ("path" in to) socket.connect({ path: to.path });
  else socket.connect({ port: to.port, host: to.host ?? "127.0.0.1" }).setNoDelay(true);
}

/** Hands on each piece, one at a time, so that pieces keep their order and a slow side slows the other. */
async function forward(from: Socket, pair: Pair, handOn: (piece: Buffer) => Promise<void>): Promise<void> {
  const to = from === pair.client ? pair.target : pair.client;
  try {
    // Leaving the loop must not close the other direction.
    for await (const piece of from.iterator({ destroyOnReturn: false })) await handOn(piece as Buffer);
    to.end();
  } catch {
    pair.cut();
  }
}

/** Whether the piece reached the target. */
async function forwardRequest(pair: Pair, piece: Buffer): Promise<boolean> {
  const fault = pair.fault();
  if (fault.kind === "blackhole") return false;
  if (fault.kind === "cutBeforeRequest" || fault.kind === "cutOnConnect") {
    pair.cut();
    return false;
  }
  if (fault !== pair.requestedUnder) {
    pair.requestedUnder = fault;
    pair.repliedBytes = 0;
  }
  await writePieces(pair.target, fault, piece);
  return true;
}

async function forwardReply(pair: Pair, piece: Buffer): Promise<void> {
  const fault = pair.fault();
  if (fault.kind === "blackhole" || fault.kind === "swallowReply") return;
  if (fault.kind === "cutReply" && pair.requestedUnder === fault) {
    const passing = piece.subarray(0, Math.max(0, (fault.afterBytes ?? 0) - pair.repliedBytes));
    pair.repliedBytes += passing.length;
    await write(pair.client, passing);
    if (passing.length < piece.length || pair.repliedBytes === fault.afterBytes) await cutAfterFlush(pair);
    return;
  }
  await writePieces(pair.client, fault, piece);
  if (fault.kind === "halfClose") pair.client.end();
}

async function writePieces(socket: Socket, fault: ProxyFault, piece: Buffer): Promise<void> {
  if (fault.kind === "delay") await sleep(fault.delayMs);
  const size = fault.kind === "splitBytes" ? 1 : piece.length;
  for (let start = 0; start < piece.length; start += size) {
    await write(socket, piece.subarray(start, start + size));
    // Without a pause the system joins the bytes again.
    if (fault.kind === "splitBytes") await immediate();
  }
}

/** Resolves when the system has taken the bytes; drops them when the side no longer takes any. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length === 0 || !socket.writable) return;
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
}

/** A reset discards what the client has not read yet, so bytes that shall arrive are followed by an end. */
async function cutAfterFlush(pair: Pair): Promise<void> {
  if (pair.repliedBytes > 0) {
    reset(pair.target);
    await new Promise<void>((resolve) => pair.client.end(resolve));
    pair.client.destroy();
  } else {
    pair.cut();
  }
}
