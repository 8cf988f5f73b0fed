/** A program that measures one part and says what it found on its standard output. */
export interface BenchPart {
  readonly name: string;
  /** Its file in bench/. */
  readonly file: string;
  /** What it measures, in a few words. */
  readonly what: string;
}

/** In the order in which they are measured. */
export const parts: readonly BenchPart[] = [
  { name: "pricing", file: "pricing.ts", what: "the price engine against decimal.js, one thread" },
  { name: "fast-path", file: "fast-path.ts", what: "CPU of a call against raw http2, grpc-js and Connect" },
  {
    name: "ledger",
    file: "ledger/main.ts",
    what: "CPU and bytes of the ledger in Redis by its size, and how late holds expire",
  },
  {
    name: "client",
    file: "client.ts",
    what: "CPU of calling a service: Connect's client, grpc-js's, our own",
  },
  { name: "calls", file: "calls.ts", what: "calls of Core end to end against an empty call" },
  { name: "exchange", file: "exchange.ts", what: "conversions, and a history of 27 years from a provider" },
  { name: "monitoring", file: "monitoring.ts", what: "following the ledger's events against reading them" },
];
