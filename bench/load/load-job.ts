/** What the load generator sends, and how much of it. */
export interface LoadJob {
  readonly port: number;
  /** `:path`, for example "/grpc.health.v1.Health/Check". */
  readonly path: string;
  readonly token: string;
  /** Messages in turn, in base64. */
  readonly messages: readonly string[];
  /** Digits of the texts in each message that must differ from call to call; 0 for none. */
  readonly counterDigits: number;
  /** Each message is sent once, for calls that can be made only once; else until the time is over. */
  readonly once: boolean;
  readonly inFlight: number;
  /** Least time and calls before the measurement; on a busy machine time alone leaves the compiler cold. */
  readonly warmUpMs: number;
  readonly warmUpCalls: number;
  /** Least time and calls of the measurement. */
  readonly measureMs: number;
  readonly measureCalls: number;
  /** Whether the answers are wanted, for calls that follow from them. */
  readonly keepAnswers: boolean;
}

/** What came of it. */
export interface LoadResult {
  /** Calls answered with a message while it was measured. */
  readonly calls: number;
  /** Calls answered without one, at any time. */
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU that the generator used while it measured, in seconds. */
  readonly ownCpuSeconds: number;
  /** Messages of the answers in base64, if they were wanted. */
  readonly answers: readonly string[];
}

/** The digits that a message has where the counter goes. */
export function counterPlace(digits: number): string {
  return "0".repeat(digits);
}

/** Longest that a measurement is prolonged for want of calls, and a warm-up too. */
export const longestWantMs = 120_000;

/** Most connections that the calls in flight share. */
export const mostConnections = 8;
