import assert from "node:assert/strict";
import { connect as connectHttp2, constants } from "node:http2";
import { after, before, describe, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { openRawConnection, type RawConnection } from "#platform/testing/raw-connection.ts";
import { listDoors, type PortName, type ServiceName, serviceNames } from "../../tools/local/ports.ts";
import { grpcFrame, requestOverHttp2 } from "../testing/http2-request.ts";
import { coreShareOf, countConnectionsFromOutside, hasProcFolder } from "../testing/process-facts.ts";
import { clientsWith, openGrpcTransports } from "../testing/services.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";
import {
  firstFieldMessage,
  frameFaults,
  garbage,
  type HttpRequest,
  httpFaults,
  jsonFaults,
  pathOf,
  silences,
  targets,
} from "./faulty-requests.ts";
import { fuzzPort } from "./fuzz-ports.ts";
import { http1Call, recordHttp2Call } from "./fuzzed-requests.ts";
import { assertNothingLeaks } from "./leaks.ts";
import { readLedger } from "./ledger-snapshot.ts";

const doors = serviceNames.flatMap(listDoors);

let stack: TestStack;
let token: string;
let ledgerBefore: Awaited<ReturnType<typeof readLedger>>;
let silent: ReadonlyArray<{ name: string; connection: RawConnection }> = [];

before(async () => {
  stack = await startTestStack({ ADMIN_REQUESTS_PER_MINUTE: "1000000" });
  token = await stack.token();
  const transports = openGrpcTransports(stack);
  await clientsWith(transports, token).core.createAccount({ accountId: "hostile", currencyCode: "USD" });
  transports.close();
  ledgerBefore = await readLedger(stack);
});

after(async () => {
  for (const { connection } of silent) connection.socket.destroy();
  await stack?.stop();
});

/** How many connections others than the services themselves hold at a door. */
function connectionsOf(door: PortName): number {
  return hasProcFolder ? countConnectionsFromOutside(stack.ports[door], servicePids()) : 0;
}

function servicePids(): number[] {
  return serviceNames.map((service) => stack.pidOf(service)!);
}

/** One request over HTTP/1.1 on a connection that is not used again; no answer tells of the inside. */
async function send(door: PortName, { method = "POST", path = "/", headers = {}, body }: HttpRequest) {
  const response = await fetch(stack.url(door) + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      connection: "close",
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  if (path !== "/metrics") assertNothingLeaks(text, path, `${door} ${path}`);
  return { status: response.status, text };
}

/** Every process of the system uses next to nothing, soon and then over a second and a half. */
async function assertIdle(): Promise<void> {
  if (!hasProcFolder) return;
  await eventually(async () => {
    const shares = await coreShareOf(servicePids(), 1_500);
    const busy = serviceNames.filter((_, index) => shares[index]! > 0.08);
    assert.deepEqual(busy, [], `CPU: ${shares.map((share) => `${Math.round(share * 100)} %`).join(", ")}`);
  });
}

test("connections that fall silent cost no CPU", async () => {
  const opened = doors.flatMap((door) =>
    silences.map(async ([what, bytes]) => {
      const connection = await openRawConnection(stack.ports[door]);
      if (bytes !== "") connection.socket.write(bytes);
      return { name: `${door} after ${what}`, connection };
    }),
  );
  silent = await Promise.all(opened);
  if (hasProcFolder) for (const door of doors) assert.ok(connectionsOf(door) > 0, `connections at ${door}`);
  await assertIdle();
});

for (const door of serviceNames) {
  describe(`${door} over HTTP`, () => {
    for (const [what, request, status, says] of httpFaults(door)) {
      test(`answers ${what} with ${status}`, async () => {
        const answer = await send(door, request);
        assert.equal(answer.status, status, answer.text);
        assert.match(answer.text, says);
      });
    }
  });
}

describe("Admin over HTTP JSON", () => {
  for (const [what, request, status, reason] of jsonFaults) {
    test(`answers ${what} with ${status} and the reason ${reason}`, async () => {
      const key = { "x-admin-key": stack.environment.ADMIN_KEY ?? "" };
      const answer = await send("adminHttp", { ...request, headers: { ...key, ...request.headers } });
      assert.equal(answer.status, status, answer.text);
      assert.equal((JSON.parse(answer.text) as { reason: string }).reason, reason);
    });
  }
});

const statusNames: Readonly<Record<string, string>> = {
  3: "INVALID_ARGUMENT",
  8: "RESOURCE_EXHAUSTED",
  12: "UNIMPLEMENTED",
  13: "INTERNAL",
};

for (const door of serviceNames) {
  const request = (bytes: Uint8Array, headers: Record<string, string>, method = targets[door].method) =>
    requestOverHttp2(
      stack.url(door),
      {
        ":path": pathOf(door, method),
        "content-type": "application/grpc",
        authorization: `Bearer ${token}`,
        ...headers,
      },
      bytes,
    );
  describe(`${door} over gRPC`, () => {
    for (const [what, bytes, headers, statuses] of frameFaults) {
      test(`answers ${what} with ${statuses.join(" or ")} and a message`, async () => {
        const answer = await request(bytes, headers);
        assert.equal(answer.fault, undefined);
        const status = statusNames[String(answer.headers["grpc-status"])] ?? answer.headers["grpc-status"];
        assert.ok(statuses.includes(String(status)), `${status}: ${answer.headers["grpc-message"]}`);
        assert.notEqual(answer.headers["grpc-message"] ?? "", "");
        assertNothingLeaks(decodeURIComponent(String(answer.headers["grpc-message"])), "", what);
      });
    }

    test("answers an unknown method with 404, which gRPC reads as UNIMPLEMENTED", async () => {
      const answer = await request(grpcFrame(firstFieldMessage), {}, "Nope");
      assert.equal(answer.headers[":status"], 404);
      assert.match(answer.body, /nothing is served at/);
    });

    test("refuses headers of 200 KB", async () => {
      const answer = await request(grpcFrame(firstFieldMessage), { "x-large": "y".repeat(200_000) });
      assert.match(answer.fault ?? "", /REFUSED_STREAM|ENHANCE_YOUR_CALM|COMPRESSION_ERROR/);
    });
  });
}

/** Type 7, no flags, connection 0. */
const goaway = "\x07\0\0\0\0\0";

for (const door of doors) {
  test(`${door} closes a connection that brings garbage, with 400 or GOAWAY where it can`, async () => {
    for (const [what, bytes] of garbage) {
      const connection = await openRawConnection(stack.ports[door]);
      connection.socket.write(bytes);
      await connection.closed();
      connection.socket.destroy();
      const received = connection.received();
      const isAnswered = /^HTTP\/1\.1 4\d\d /.test(received) || received.includes(goaway);
      assert.ok(isAnswered, `${what}: ${JSON.stringify(received.slice(0, 100))}`);
    }
  });

  test(`${door} stands good calls with bytes changed, lost, doubled and put in, and noise`, async () => {
    const service = door === "adminHttp" ? "admin" : door;
    const path =
      door === "adminHttp"
        ? "/admin/stats"
        : pathOf(service as ServiceName, targets[service as ServiceName].method);
    const good = [await recordHttp2Call(path, token, firstFieldMessage), http1Call(path, token, '{"a":"b"}')];
    await fuzzPort(stack, door, good, { seed: 7, count: 96 });
  });

  for (const moment of ["while its token is checked", "while its body is awaited"] as const) {
    test(`${door} stands 50 connections that are reset inside a request, ${moment}`, async () => {
      const service = door as ServiceName;
      const path = door === "adminHttp" ? "/admin/stats" : pathOf(service, targets[service].method);
      const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n`;
      const body = 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a';
      const connections = await Promise.all(
        Array.from({ length: 50 }, () => openRawConnection(stack.ports[door])),
      );
      for (const { socket } of connections) socket.write(head + body);
      // An answered request shows that the server has read that far.
      if (moment === "while its body is awaited") await send(door, { method: "GET", path: "/healthz" });
      for (const { socket } of connections) socket.resetAndDestroy();
    });
  }
}

for (const door of serviceNames) {
  test(`${door} stands 50 calls that are reset inside a message`, async () => {
    const session = connectHttp2(stack.url(door));
    const streams = Array.from({ length: 50 }, () => {
      const stream = session.request({
        ":method": "POST",
        ":path": pathOf(door, targets[door].method),
        "content-type": "application/grpc",
        authorization: `Bearer ${token}`,
        te: "trailers",
      });
      stream.on("error", () => {});
      stream.write(grpcFrame(firstFieldMessage, { length: 100 }));
      return stream;
    });
    await send(door, { method: "GET", path: "/healthz" });
    await Promise.all(
      streams.map(
        (stream) => new Promise((resolve) => stream.once("close", resolve).close(constants.NGHTTP2_CANCEL)),
      ),
    );
    session.destroy();
  });
}

describe("afterwards", () => {
  test("silent connections were closed, save those that speak HTTP/2", async () => {
    for (const { name, connection } of silent) {
      if (!name.endsWith("nothing more")) await connection.closed();
      connection.socket.destroy();
    }
  });

  for (const door of serviceNames) {
    test(`${door} answers a good call`, async () => {
      const { read, good } = targets[door];
      const answer = await send(door, { path: pathOf(door, read), body: JSON.stringify(good) });
      assert.equal(answer.status, 200, answer.text);
    });

    test(`${door} has no call under way and no connection but those of the services`, async () => {
      await eventually(async () => {
        const { text } = await send(door, { method: "GET", path: "/metrics" });
        assert.equal(/^billing_rpc_in_flight\{[^}]*\} (\d+)$/m.exec(text)?.[1], "0", "calls under way");
        for (const each of listDoors(door)) assert.equal(connectionsOf(each), 0, `connections at ${each}`);
      });
    });
  }

  test("the ledger is as it was", async () => {
    assert.deepEqual(await readLedger(stack), ledgerBefore);
  });

  test("all services are idle, and none was restarted", async () => {
    await assertIdle();
    assert.ok(!stack.lines.some((line) => /FATAL|ended (with|by)/.test(line)));
  });
});
