import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ServiceError } from "../errors/service-error.ts";
import { eventually } from "../testing/eventually.ts";
import { startFaultyProxy } from "../testing/faulty-proxy.ts";
import { balanceOf, connectTo, inTime, peer, refuse, script } from "./testing/scripted-peer.ts";

/** Everything that a stream gives. */
async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe("streams", () => {
  const signal = () => new AbortController().signal;

  test("give what the peer sends, to the end", async () => {
    const events = await collect(connectTo(peer.baseUrl).watchBalance(balanceOf, inTime(), signal()));
    assert.deepEqual(
      events.map(({ event }) => event.case),
      ["snapshot"],
    );
    assert.equal(script.calls[0]?.requestId, "request-1");
  });

  test("end with the peer's reason", async () => {
    script.behaviours = [refuse(new ServiceError("ACCOUNT_NOT_FOUND", "closed meanwhile"))];
    const stream = connectTo(peer.baseUrl).watchBalance(balanceOf, undefined, signal());
    await assert.rejects(collect(stream), { reason: "ACCOUNT_NOT_FOUND" });
  });

  test("of a peer that cannot be reached", async () => {
    await using proxy = await startFaultyProxy({ port: peer.port });
    await proxy.refuseConnections();
    const client = connectTo(`http://127.0.0.1:${proxy.port}`);
    await assert.rejects(collect(client.watchBalance(balanceOf, undefined, signal())), {
      reason: "PEER_UNAVAILABLE",
      metadata: { service: "core" },
    });
  });

  test("end on both sides when the signal says so", async () => {
    const leaving = new AbortController();
    script.behaviours = [
      (call) => new Promise((resolve) => call.signal.addEventListener("abort", () => resolve())),
    ];
    const stream = connectTo(peer.baseUrl).watchBalance(balanceOf, undefined, leaving.signal);
    await assert.rejects(async () => {
      for await (const _ of stream) leaving.abort();
    });
    await eventually(() => assert.equal(script.calls[0]?.signal.aborted, true));
  });
});
