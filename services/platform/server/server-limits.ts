/** Bounds of a server on connections, sizes and times. */
export interface ServerLimits {
  /** Connections open at once; further ones are dropped. */
  maxConnections: number;
  /** Calls open at once on one HTTP/2 connection; further ones are refused and may be retried. */
  maxStreamsPerConnection: number;
  /** Bytes of all header fields of a request. */
  maxHeaderBytes: number;
  /** Memory that one HTTP/2 connection may keep, in MiB. */
  maxConnectionMemoryMib: number;
  /** Bytes of one request body that may arrive before they are read. */
  streamWindowBytes: number;
  /** Bytes of all request bodies of one HTTP/2 connection that may arrive before they are read. */
  connectionWindowBytes: number;
  /** Calls that one HTTP/2 connection may cancel in a burst, and per second from then on. */
  streamResetBurst: number;
  streamResetsPerSecond: number;
  /** From the connection to the first bytes that tell the protocol; with TLS also for the handshake. */
  firstBytesMs: number;
  /** From the first to the last byte of an HTTP/1.1 header. */
  headersMs: number;
  /** From the first to the last byte of an HTTP/1.1 request. */
  requestMs: number;
  /** An HTTP/1.1 connection between two requests. */
  keepAliveMs: number;
  /** An HTTP/2 connection on which nothing moves. Longer than clients wait, so that they close first. */
  idleSessionMs: number;
  /** Age at which an HTTP/2 connection is asked to reconnect, ± 10 %; 0 means never. */
  maxSessionAgeMs: number;
}

export const defaultServerLimits: Readonly<ServerLimits> = {
  maxConnections: 10_000,
  maxStreamsPerConnection: 1_000,
  maxHeaderBytes: 16 * 1024,
  // With Node's 10 MiB a client is stuck after a few refused requests of 2 MiB.
  maxConnectionMemoryMib: 64,
  streamWindowBytes: 1024 * 1024,
  connectionWindowBytes: 4 * 1024 * 1024,
  // Room for a gateway whose calls all time out at once; CVE-2023-44487 needs far more.
  streamResetBurst: 2_000,
  streamResetsPerSecond: 500,
  firstBytesMs: 5_000,
  headersMs: 10_000,
  requestMs: 60_000,
  keepAliveMs: 75_000,
  // Connect's clients close an idle connection after 15 minutes.
  idleSessionMs: 20 * 60_000,
  maxSessionAgeMs: 0,
};
