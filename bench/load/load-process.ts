/** The process that makes the load: takes a job by message, answers with its result, and ends. */
import { LoadConnection } from "./load-connection.ts";
import { counterPlace, type LoadJob, type LoadResult, mostConnections } from "./load-job.ts";

/** Latencies kept for the percentiles. */
const mostLatencies = 2_000_000;

function run(job: LoadJob, done: (result: LoadResult) => void): void {
  const messages = job.messages.map((text) => Buffer.from(text, "base64"));
  const places = messages.map((message) =>
    job.counterDigits === 0 ? -1 : message.indexOf(counterPlace(job.counterDigits)),
  );
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
    if (places[index] !== -1)
      message.write(String(state.sent).padStart(job.counterDigits, "0"), places[index] as number, "latin1");
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

process.once("message", (job: LoadJob) =>
  run(job, (result) => process.send?.(result, () => process.disconnect())),
);
