/**
 * What a call costs the process that serves it, in CPU and in calls per second: an empty handler behind raw http2,
 * grpc-js, Connect and the fast path, then Core's own calls under one load, then the functions behind them without
 * Core (there the CPU is that of Redis), all in one run. Only the ratios within a run mean something on a shared machine.
 *
 * `node bench/fast-path.ts [row …]` measures the named rows besides those they are compared with; BENCH_MS sets the
 * length of a measurement, BENCH_ROUNDS how often everything is measured (of each row the round counts that took the
 * least CPU: what other work adds is no property of ours), BENCH_IN_FLIGHT the calls in flight ("1,8,128"),
 * BENCH_WARM_UP the calls before anything is measured, BENCH_PROFILE a folder for a CPU profile of Core,
 * BENCH_APPENDFSYNC when Redis syncs ("always" or "everysec").
 */
import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { create, toBinary } from "@bufbuild/protobuf";
import { GetBalanceRequestSchema } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { testToken } from "#platform/testing/service.ts";
import { chosenAppendSync } from "./append-sync.ts";
import { measureBareFunctions } from "./load/bare-functions.ts";
import { type BenchStack, startBenchStack } from "./load/bench-stack.ts";
import { type CoreCall, coreCalls, counterDigits } from "./load/core-calls.ts";
import { type ServerKind, serverKinds } from "./load/empty-server.ts";
import type { LoadJob } from "./load/load-job.ts";
import { printFloor, printRows, type Row } from "./load/print-rows.ts";
import { type Measurement, runLoad } from "./load/run-load.ts";

const inFlight = (process.env.BENCH_IN_FLIGHT ?? "1,8,128").split(",").map(Number);
/**
 * Calls after which the compiler has done its work: a service that is up for a while is measured, not one that begins.
 * After 15,000 calls most functions of a Charge still ran as the first of its compilers leaves them.
 */
const compilerCalls = Number(process.env.BENCH_WARM_UP ?? 100_000);
const compilerInFlight = 64;
/** For some seconds of CPU where one call takes little. */
const times = { warmUpMs: 2_000, measureMs: Number(process.env.BENCH_MS ?? 2_500) };
const callsOf = (concurrency: number, itemsPerCall: number) => {
  const calls = Math.ceil((concurrency > itemsPerCall ? 15_000 : 3_000) / itemsPerCall);
  return { warmUpCalls: calls, measureCalls: calls };
};
const rounds = Number(process.env.BENCH_ROUNDS ?? 1);
const accounts = Array.from({ length: 64 }, () => `bench-${randomUUID().slice(0, 8)}`);
const wanted = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const pathOf = (method: string) => `/${BillingCoreService.typeName}/${method}`;
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

const rows = new Map<string, Row>();

/** Makes a call until it is compiled; not one that can be made only once. */
async function warmUp(
  job: Omit<LoadJob, "inFlight" | "warmUpCalls" | "measureCalls">,
  serverPid: number,
  itemsPerCall: number,
): Promise<void> {
  if (job.once) return;
  const inFlight = Math.ceil(compilerInFlight / itemsPerCall);
  const warmUpCalls = compilerCalls / itemsPerCall;
  const { failed } = await runLoad(
    { ...job, inFlight, warmUpCalls, keepAnswers: false, measureMs: 0, measureCalls: 1 },
    serverPid,
  );
  if (failed > 0) throw new Error(`${job.path}: ${failed} calls failed`);
}

/** Measures one call at each number in flight. */
async function measure(
  name: string,
  serverPid: number,
  job: (concurrency: number) => Partial<LoadJob> & Pick<LoadJob, "port" | "path" | "token" | "messages">,
  itemsPerCall = 1,
): Promise<ReadonlyMap<number, Measurement>> {
  process.stderr.write(`${name} …\n`);
  const measured = new Map<number, Measurement>();
  const best = new Map(rows.get(name)?.measured);
  const plain = { counterDigits: 0, once: false, keepAnswers: false, ...times };
  if (rows.get(name)?.serverPid !== serverPid) await warmUp({ ...plain, ...job(0) }, serverPid, itemsPerCall);
  for (const concurrency of inFlight) {
    const defaults = {
      ...plain,
      inFlight: Math.ceil(concurrency / itemsPerCall),
      ...callsOf(concurrency, itemsPerCall),
    };
    const result = await runLoad({ ...defaults, ...job(concurrency) }, serverPid);
    if (result.failed > 0) throw new Error(`${name}: ${result.failed} calls failed`);
    measured.set(concurrency, result);
    const known = best.get(concurrency);
    if (known === undefined || result.cpuMicrosPerCall < known.cpuMicrosPerCall)
      best.set(concurrency, result);
  }
  rows.set(name, { itemsPerCall, measured: best, serverPid });
  return measured;
}

async function measureEmpty(kind: ServerKind, redisUrl: string): Promise<void> {
  const script = fileURLToPath(new URL("load/empty-server.ts", import.meta.url));
  const child = fork(script, [kind], { env: { ...process.env, REDIS_URL: redisUrl } });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("message", resolve as never);
    child.once("exit", (code) => reject(new Error(`the server ${kind} ended with ${code}`)));
  });
  const token = await testToken({ scopes: ["core.read"] });
  const message = toBinary(
    GetBalanceRequestSchema,
    create(GetBalanceRequestSchema, { accountId: "bench-empty" }),
  );
  await measure(`empty: ${kind}`, child.pid as number, () => ({
    port,
    token,
    path: pathOf("GetBalance"),
    messages: [base64(message)],
  }));
  child.disconnect();
}

/** Measures a call; `before` is what the call that it follows came to in this round. */
async function measureCall(
  { stack, token }: BenchStack,
  call: CoreCall,
  round: number,
  before: ReadonlyMap<number, Measurement> | undefined,
): Promise<ReadonlyMap<number, Measurement>> {
  const job = (concurrency: number) => {
    const answers = before?.get(concurrency)?.answers ?? [];
    const keys = `${call.name.replaceAll(/\W/g, "")}${concurrency}-${round}`;
    return {
      port: stack.ports.core,
      token,
      counterDigits,
      path: pathOf(call.method),
      messages: call.requests(accounts, keys, answers).map(base64),
      keepAnswers: coreCalls.some(({ follows }) => follows === call.name),
      ...(before === undefined ? {} : { once: true, warmUpMs: 500, warmUpCalls: 0 }),
    };
  };
  return measure(call.name, stack.pidOf("core") as number, job, call.itemsPerCall);
}

process.stdout.write("The price of a call; starting a stack of its own …\n");
const bench = await startBenchStack(accounts, process.env.BENCH_PROFILE);
try {
  const { environment } = bench.stack;
  const compared = (kind: ServerKind) => kind !== "Connect";
  const isNeeded = ({ name }: CoreCall) =>
    isWanted(name) || coreCalls.some((call) => call.follows === name && isWanted(call.name));
  for (let round = 0; round < rounds; round++) {
    for (const kind of serverKinds)
      if (compared(kind) || isWanted(`empty: ${kind}`)) await measureEmpty(kind, environment.REDIS_URL ?? "");
    const measured = new Map<string, ReadonlyMap<number, Measurement>>();
    for (const call of coreCalls.filter(isNeeded))
      measured.set(call.name, await measureCall(bench, call, round, measured.get(call.follows ?? "")));
  }
  const redisPid = bench.stack.pidOf("redis") as number;
  const bare = await measureBareFunctions(environment.REDIS_URL ?? "", redisPid, accounts, inFlight);
  for (const [name, row] of bare) rows.set(name, { itemsPerCall: 1, measured: row, serverPid: redisPid });
  process.stdout.write(`gRPC over HTTP/2; Redis on this machine, appendfsync ${chosenAppendSync()}\n\n`);
  printRows(rows, inFlight);
  printFloor(rows, inFlight);
} finally {
  await bench.stop();
}
