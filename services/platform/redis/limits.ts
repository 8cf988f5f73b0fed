/** Bounds of a Redis connection, in milliseconds and counts. */
export const connectionLimits = {
  connectTimeoutMs: 2_000,
  /** A connection without a byte for this long is dead; pings keep a healthy one busy. */
  socketTimeoutMs: 3_000,
  pingIntervalMs: 1_000,
  commandTimeoutMs: 2_500,
  reconnectBaseMs: 20,
  reconnectMaxMs: 1_000,
  /** Commands that may wait on one connection; beyond it a call is refused at once. */
  queuedCommands: 100_000,
  /** When a caller may sensibly try again after the store failed. */
  retryAfterMs: 250,
} as const;
