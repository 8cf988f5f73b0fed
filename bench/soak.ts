/**
 * `node bench/soak.ts [minutes]`: Core under an even load for a long time (default 10 minutes), with callers that come,
 * go and hang up in the midst of a call. Ends with an error if memory grows, a call stays under way, a connection stays
 * open, or the process spins once nobody calls.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect, constants } from "node:http2";
import { coreShareOf, countConnectionsFromOutside } from "../e2e/testing/process-facts.ts";
import { eventually } from "../services/platform/testing/eventually.ts";
import { startBenchStack } from "./load/bench-stack.ts";
import { coreCalls, counterDigits } from "./load/core-calls.ts";
import { runLoad } from "./load/run-load.ts";

const minutes = Number(process.argv[2] ?? 10);
const round = { warmUpMs: 0, warmUpCalls: 0, measureMs: 15_000, measureCalls: 0, inFlight: 16 };
const hangUpsPerRound = 100;
/** Of the resident memory, from the first half to the second; the heap itself breathes by some tens of MiB. */
const mostGrowth = 1.25;
const mostIdleShare = 0.1;
const settleMs = 60_000;
const pageBytes = 4_096;
const accounts = Array.from({ length: 64 }, () => `soak-${randomUUID().slice(0, 8)}`);
const calls = coreCalls.filter(({ follows, name }) => follows === undefined && !name.startsWith("Reserve"));

function residentMib(pid: number): number {
  return (Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * pageBytes) / 2 ** 20;
}

/** Callers that reset their stream at once, or leave with their connection. */
async function hangUp(port: number, path: string, token: string): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  for (let count = 0; count < hangUpsPerRound; count++) {
    const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc+proto" };
    const stream = session.request({ ...headers, te: "trailers", authorization: `Bearer ${token}` });
    stream.on("error", () => {});
    stream.write(Buffer.from([0, 0, 0, 0, 9]));
    if (count % 2 === 0) stream.close(constants.NGHTTP2_CANCEL);
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  session.destroy();
}

async function inFlight(port: number): Promise<number> {
  const page = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: "close" } });
  return Number(/^billing_rpc_in_flight\{.*\} (\d+)$/m.exec(await page.text())?.[1]);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const { stack, token, stop } = await startBenchStack(accounts);
try {
  const [port, pid] = [stack.ports.core, stack.pidOf("core") as number];
  // Those of this process itself stay; the services open theirs as they need them.
  const connectionsOfOthers = () =>
    countConnectionsFromOutside(port, [stack.pidOf("pricing") as number, stack.pidOf("exchange") as number]);
  const ownConnections = connectionsOfOthers();
  const endMs = performance.now() + minutes * 60_000;
  const residents: number[] = [];
  const total = { calls: 0, failed: 0 };
  for (let count = 0; performance.now() < endMs || count < 4; count++) {
    const call = calls[count % calls.length]!;
    const path = `/billing.core.v1.BillingCoreService/${call.method}`;
    const messages = call.requests(accounts, `soak-${count}`, []);
    const result = await runLoad(
      {
        port,
        path,
        token,
        counterDigits,
        messages: messages.map((message) => Buffer.from(message).toString("base64")),
        once: false,
        keepAnswers: false,
        ...round,
        inFlight: Math.ceil(round.inFlight / call.itemsPerCall),
      },
      pid,
    );
    await hangUp(port, path, token);
    total.calls += result.calls * call.itemsPerCall;
    total.failed += result.failed;
    residents.push(residentMib(pid));
    process.stdout.write(
      `${call.name.padEnd(20)} ${(result.callsPerSecond * call.itemsPerCall).toFixed(0).padStart(6)}/s  p50 ${result.p50Ms.toFixed(1)} ms  p99 ${result.p99Ms.toFixed(1)} ms  ${residents.at(-1)!.toFixed(0)} MiB\n`,
    );
  }
  // The first rounds fill caches and let the compiler work.
  const measured = residents.slice(Math.floor(residents.length / 5));
  const [first, second] = [measured.slice(0, measured.length / 2), measured.slice(measured.length / 2)].map(
    mean,
  );
  const growth = second! / first!;
  await eventually(async () => {
    if ((await inFlight(port)) !== 0) throw new Error("calls stay under way");
  }, settleMs);
  await eventually(() => {
    const left = connectionsOfOthers() - ownConnections;
    if (left > 0) throw new Error(`${left} connections stay open`);
  }, settleMs);
  const [idleShare] = await coreShareOf([pid], 10_000);
  process.stdout.write(
    `\n${total.calls} calls, ${total.failed} failed; resident memory ${first!.toFixed(0)} MiB in the first half, ` +
      `${second!.toFixed(0)} in the second; ${(idleShare! * 100).toFixed(1)} % of a core when nobody calls\n`,
  );
  if (total.failed > 0 || growth > mostGrowth || idleShare! > mostIdleShare) process.exitCode = 1;
} finally {
  await stop();
}
