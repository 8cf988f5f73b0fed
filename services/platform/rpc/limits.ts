/** Bounds of a call. */
export const callLimits = {
  /** Deadline of a unary call whose caller states none. */
  defaultTimeoutMs: 30_000,
  /** Longest deadline that a caller may state; streams included. */
  maxTimeoutMs: 24 * 60 * 60 * 1_000,
  /** Longest wait for the body of a request. */
  requestBodyMs: 60_000,
  /** Largest message that a server sends. */
  maxResponseBytes: 32 << 20,
} as const;
