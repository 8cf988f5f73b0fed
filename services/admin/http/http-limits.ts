/** Bounds of the HTTP JSON side. */
export const httpLimits = {
  /** Bytes of a body. */
  bodyBytes: 256 << 10,
  /** Bytes of all header fields of a request. */
  headerBytes: 16 << 10,
  /** From the connection to the end of the handshake, with TLS. */
  handshakeMs: 5_000,
  /** From the first to the last byte of the header fields. */
  headersMs: 10_000,
  /** From the first to the last byte of a request. */
  requestMs: 20_000,
  /** A connection between two requests. */
  keepAliveMs: 75_000,
  /** Connections open at once; further ones are dropped. */
  connections: 2_000,
  /** Requests on one connection. */
  requestsPerConnection: 10_000,
  /** How often connections are checked against these times. */
  checkMs: 1_000,
} as const;
