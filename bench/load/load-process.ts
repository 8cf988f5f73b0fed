/** The process that makes the load: takes a job by message, answers with its result, and ends. */
import { LoadConnection } from "./load-connection.ts";
import { counterPlace, type LoadJob, type LoadResult, longestWantMs, mostConnections } from "./load-job.ts";

/** Latencies kept for the percentiles. */
const mostLatencies = 2_000_000;

function run(job: LoadJob, done: (result: LoadResult) => void): void {
  const messages = job.messages.map((text) => Buffer.from(text, "base64"));
  const places = messages.map((message) => findPlaces(message, job.counterDigits));
  const connections: LoadConnection[] = [];
  const startedAt = new Float64Array(job.inFlight);
  const latencies = new Float64Array(mostLatencies);
  const answers: string[] = [];
  const state = { sent: 0, underWay: 0, answered: 0, calls: 0, failed: 0, measuredFrom: 0, endedAt: 0 };
  let cpuFrom = process.cpuUsage();
  const startedMs = performance.now();
  const isOver = (sinceMs: number, now: number, leastMs: number, isEnough: boolean): boolean =>
    now >= sinceMs + leastMs && (isEnough || now >= sinceMs + longestWantMs);
  const send = (slot: number): void => {
    const index = state.sent++ % messages.length;
    const message = messages[index]!;
    const counter = String(state.sent).padStart(job.counterDigits, "0");
    for (const place of places[index]!) message.write(counter, place, "latin1");
    startedAt[slot] = performance.now();
    state.underWay++;
    connections[slot % connections.length]!.call(slot, message);
  };
  const onAnswer = (slot: number, message: Buffer): void => {
    const now = performance.now();
    state.underWay--;
    if (message.length === 0) state.failed++;
    if (job.keepAnswers) answers.push(message.toString("base64"));
    state.answered++;
    if (state.measuredFrom !== 0) {
      if (state.endedAt === 0) latencies[Math.min(state.calls++, mostLatencies - 1)] = now - startedAt[slot]!;
      if (isOver(state.measuredFrom, now, job.measureMs, state.calls >= job.measureCalls)) end(now);
    } else if (isOver(startedMs, now, job.warmUpMs, state.answered >= job.warmUpCalls)) {
      state.measuredFrom = now;
      cpuFrom = process.cpuUsage();
      process.send?.("begin");
    }
    if (job.once && state.sent >= messages.length) end(now);
    if (state.endedAt === 0) send(slot);
    else if (state.underWay === 0) finish();
  };
  const end = (now: number): void => {
    if (state.endedAt !== 0) return;
    state.endedAt = now;
    process.send?.("end");
  };
  const finish = (): void => {
    const { user, system } = process.cpuUsage(cpuFrom);
    for (const connection of connections) connection.close();
    const sorted = latencies.subarray(0, Math.min(state.calls, mostLatencies)).sort();
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
    done({
      calls: state.calls,
      failed: state.failed,
      seconds: (state.endedAt - state.measuredFrom) / 1_000,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      ownCpuSeconds: (user + system) / 1e6,
      answers,
    });
  };
  for (let count = 0; count < Math.min(job.inFlight, mostConnections); count++)
    connections.push(new LoadConnection(job.port, job.path, job.token, onAnswer));
  for (let slot = 0; slot < job.inFlight; slot++) send(slot);
  for (const connection of connections) connection.flush();
}

/** Where in a message the counter goes. */
function findPlaces(message: Buffer, counterDigits: number): number[] {
  const places: number[] = [];
  if (counterDigits === 0) return places;
  const empty = counterPlace(counterDigits);
  for (let at = message.indexOf(empty); at !== -1; at = message.indexOf(empty, at + counterDigits))
    places.push(at);
  return places;
}

process.once("message", (job: LoadJob) =>
  run(job, (result) => process.send?.(result, () => process.disconnect())),
);
