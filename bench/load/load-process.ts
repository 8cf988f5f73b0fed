/** The process that makes the load: takes a job by message, answers with its result, and ends. */
import { LoadConnection } from "./load-connection.ts";
import { counterPlace, type LoadJob, type LoadResult, mostConnections } from "./load-job.ts";

/** Latencies kept for the percentiles. */
const mostLatencies = 2_000_000;

function run(job: LoadJob, done: (result: LoadResult) => void): void {
  const messages = job.messages.map((text) => Buffer.from(text, "base64"));
  const places = messages.map((message) => findPlaces(message, job.counterDigits));
  const connections: LoadConnection[] = [];
  const startedAt = new Float64Array(job.inFlight);
  const latencies = new Float64Array(mostLatencies);
  const answers: string[] = [];
  const state = { sent: 0, underWay: 0, calls: 0, failed: 0, measuredFrom: 0, cpuFrom: process.cpuUsage() };
  const beginAt = performance.now() + job.warmUpMs;
  const endAt = beginAt + job.measureMs;
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
    if (now >= beginAt && now < endAt) {
      if (state.measuredFrom === 0) {
        state.measuredFrom = now;
        state.cpuFrom = process.cpuUsage();
        process.send?.("measuring");
      }
      latencies[Math.min(state.calls++, mostLatencies - 1)] = now - startedAt[slot]!;
    }
    if (now < endAt && !(job.once && state.sent >= messages.length)) send(slot);
    else if (state.underWay === 0) finish(now);
  };
  const finish = (now: number): void => {
    const { user, system } = process.cpuUsage(state.cpuFrom);
    for (const connection of connections) connection.close();
    const sorted = latencies.subarray(0, Math.min(state.calls, mostLatencies)).sort();
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
    done({
      calls: state.calls,
      failed: state.failed,
      seconds: (Math.min(now, endAt) - state.measuredFrom) / 1_000,
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
