import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { ChargeRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import { ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import { eventually, waitUntil } from "#platform/testing/eventually.ts";
import { openRawConnection } from "#platform/testing/raw-connection.ts";
import { amountOf, atomsOf, costAtoms } from "./testing/expected-cost.ts";
import { grpcFrame } from "./testing/http2-request.ts";
import {
  byAmount,
  byUsage,
  clients,
  fundedAccount,
  model,
  money,
  quantities,
  recoveredWithinMs,
  reserveByUsage,
  stack,
  token,
} from "./testing/outage-stack.ts";
import { outcomeOf, serviceOf } from "./testing/services.ts";

for (const victim of ["core", "redis"] as const) {
  test(`${victim} killed under load: no hold or balance is lost, and a retry has one effect`, async () => {
    const accountId = await fundedAccount();
    const reservationId = await reserveByUsage(accountId);
    const charge = (index: number) =>
      clients.core.charge(
        { accountId, price: byAmount("0.001"), idempotencyKey: `charge-${index}` },
        { timeoutMs: 10_000 },
      );
    const count = 400;
    let answered = 0;
    let isKilling = false;
    const firstTries = Array.from({ length: count }, async (_, index) => {
      // Spread over some turns, the second half of them after the kill began, so that it comes in the middle.
      await waitUntil("its turn", () => answered >= index - 40 && (index < count / 2 || isKilling));
      const outcome = await outcomeOf(charge(index));
      answered += 1;
      return outcome;
    });
    await waitUntil("a part of the charges", () => answered >= count / 4);
    isKilling = true;
    await stack.kill(victim);
    const outcomes = await Promise.all(firstTries);
    assert.ok(outcomes.includes("OK"), "some charges came before the kill");
    assert.ok(
      outcomes.some((outcome) => outcome !== "OK"),
      "some charges met the kill",
    );

    await stack.restart(victim);
    await stack.waitUntilReady();
    for (let index = 0; index < count; index++) {
      const { idempotentReplay } = await eventually(() => charge(index), recoveredWithinMs);
      if (outcomes[index] === "OK") assert.equal(idempotentReplay, true, `charge ${index} was lost`);
    }

    const { balance } = await clients.core.getBalance({ accountId });
    const heldAtoms = costAtoms(model, quantities, "USD");
    const spentAtoms = atomsOf("0.001") * BigInt(count);
    assert.equal(balance?.spent?.amount, amountOf(spentAtoms));
    assert.equal(balance?.reserved?.amount, amountOf(heldAtoms));
    assert.equal(balance?.available?.amount, amountOf(atomsOf("10") - spentAtoms - heldAtoms));
    // Created, credited, held, and each charge once.
    assert.equal(balance?.sequence, BigInt(3 + count));

    const { reservation } = await clients.core.getReservation({ reservationId });
    assert.equal(reservation?.state, ReservationState.HELD);
    const commit = { reservationId, price: byUsage(), idempotencyKey: "commit" };
    const settled = await clients.core.commit(commit);
    assert.equal(settled.reservation?.captured?.amount, amountOf(heldAtoms));
    assert.equal(settled.balance?.reserved?.amount, "0");
  });
}

test("SIGTERM: calls under way finish, readyz turns 503, new connections are refused, the exit is clean", async () => {
  const accountId = await fundedAccount();
  const path = `/${serviceOf.core.typeName}/Charge`;
  const body = JSON.stringify({ accountId, amount: { money: money("1") }, idempotencyKey: "http1" });
  const http1 = await openRawConnection(stack.ports.core);
  http1.socket.write(
    `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
  );
  const readiness = await openRawConnection(stack.ports.core);
  readiness.socket.write("GET /readyz HTTP/1.1\r\nHost");

  const request = create(ChargeRequestSchema, {
    accountId,
    price: byAmount("2"),
    idempotencyKey: "http2",
  });
  const frame = grpcFrame(toBinary(ChargeRequestSchema, request));
  const session = connectHttp2(stack.url("core"));
  const isAskedToLeave = new Promise((resolve) => session.once("goaway", resolve));
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    authorization: `Bearer ${token}`,
    te: "trailers",
  });
  const trailers = new Promise<Record<string, unknown>>((resolve) => stream.once("trailers", resolve));
  stream.resume();
  stream.write(frame.subarray(0, 7));
  await waitUntil("both calls under way", async () => {
    const text = await (await fetch(`${stack.url("core")}/metrics`)).text();
    return Number(/^billing_rpc_in_flight\{[^}]*\} (\d+)$/m.exec(text)?.[1]) >= 2;
  });

  process.kill(stack.pidOf("core")!, "SIGTERM");
  await isAskedToLeave;
  await assert.rejects(openRawConnection(stack.ports.core), /ECONNREFUSED/);
  readiness.socket.write(": a\r\n\r\n");
  await readiness.receive(/^HTTP\/1\.1 503 [\s\S]*shutting down/);
  http1.socket.write(body.slice(10));
  await http1.receive(/^HTTP\/1\.1 200 [\s\S]*"available"/);
  stream.end(frame.subarray(7));
  assert.equal((await trailers)["grpc-status"], "0");
  await waitUntil("the end of core", () => stack.pidOf("core") === undefined);
  assert.ok(stack.lines.includes("core: ended with code 0"));
  for (const { socket } of [http1, readiness]) socket.destroy();
  session.destroy();

  await stack.restart("core");
  await eventually(async () => {
    const { balance } = await clients.core.getBalance({ accountId });
    assert.equal(balance?.available?.amount, "7");
  }, recoveredWithinMs);
});
