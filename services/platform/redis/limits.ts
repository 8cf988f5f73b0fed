/** Bounds of a Redis connection, in milliseconds and counts. */
export const connectionLimits = {
  connectTimeoutMs: 2_000,
  /** Longest wait for a reply unless another one is chosen; what blocks or waits on the server must stay below it. */
  commandTimeoutMs: 2_500,
  /** A connection without a byte for longer than a reply may take, by this much, is dead; pings keep a healthy one busy. */
  socketMarginMs: 500,
  /** Longest wait for replies under way when a connection is closed. */
  closeMs: 2_500,
  pingIntervalMs: 1_000,
  reconnectBaseMs: 20,
  reconnectMaxMs: 1_000,
  /** Commands that may wait on one connection; beyond it a call is refused at once. */
  queuedCommands: 100_000,
  /** When a caller may sensibly try again after the store failed. */
  retryAfterMs: 250,
} as const;
