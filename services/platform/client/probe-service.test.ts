import assert from "node:assert/strict";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { describe, test } from "node:test";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import { eventually } from "../testing/eventually.ts";
import { createSelfProber, createServiceProber, type ServiceProber } from "./probe-service.ts";
import { readReadyPage } from "./ready-page.ts";
import { readiness, service, startPricing } from "./testing/probed-service.ts";

/** A listener that takes connections and does with them what the test says. */
async function listen(onConnection: (socket: Socket) => void, port = 0) {
  const sockets = new Set<Socket>();
  const listener: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve, reject) =>
    listener.once("error", reject).listen(port, "127.0.0.1", resolve),
  );
  return {
    port: (listener.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

async function withProber<T>(
  options: { baseUrl: string; timeoutMs?: number },
  use: (prober: ServiceProber) => Promise<T>,
): Promise<T> {
  const prober = createServiceProber({ service: PricingService, ...options });
  try {
    return await use(prober);
  } finally {
    prober.close();
  }
}

describe("a probe of a service", () => {
  test("finds one that serves, with its version and latency", async () => {
    // The first answer may be late on a busy machine; a probe waits for a bounded time only.
    const probe = await withProber({ baseUrl: service.baseUrl }, (prober) =>
      eventually(async () => {
        const found = await prober.probe();
        assert.equal(found.status, "serving");
        return found;
      }),
    );
    assert.deepEqual(probe.reasons, []);
    assert.equal(probe.version, "0.0.0");
    assert.ok(probe.latencyMs !== undefined && probe.latencyMs > 0 && probe.latencyMs < 60_000);
    assert.ok(Math.abs(Date.now() - probe.checkedAtMs) < 60_000);
  });

  test("passes on the reasons of one that does not serve", async () => {
    readiness.reasons = ["its store is away", "its catalogue is empty"];
    await withProber({ baseUrl: service.baseUrl }, (prober) =>
      eventually(async () => {
        const probe = await prober.probe();
        assert.equal(probe.status, "not_serving");
        assert.deepEqual(probe.reasons, [
          "does not serve: its store is away",
          "does not serve: its catalogue is empty",
        ]);
        assert.notEqual(probe.latencyMs, undefined);
      }),
    );
    readiness.reasons = [];
    await withProber({ baseUrl: service.baseUrl }, (prober) =>
      eventually(async () => assert.equal((await prober.probe()).status, "serving")),
    );
  });

  test("notices another service at the address", async () => {
    const prober = createServiceProber({ service: BillingCoreService, baseUrl: service.baseUrl });
    await eventually(async () => {
      const probe = await prober.probe();
      assert.equal(probe.status, "unreachable");
      assert.deepEqual(probe.reasons, [`does not answer: another service is at 127.0.0.1:${service.port}`]);
    }).finally(() => prober.close());
  });

  const faults: Array<{ name: string; reason: RegExp; onConnection?: (socket: Socket) => void }> = [
    { name: "nobody listens", reason: /^does not answer: the connection was refused$/ },
    {
      name: "the peer is silent",
      reason: /^does not answer: no answer within 200 ms$/,
      onConnection: () => {},
    },
    {
      name: "the peer hangs up",
      reason: /^does not answer: /,
      onConnection: (socket) => socket.destroy(),
    },
    {
      name: "the peer speaks another protocol",
      reason: /^does not answer: /,
      onConnection: (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
    },
  ];
  for (const { name, reason, onConnection } of faults) {
    test(`says within its timeout that ${name}`, async () => {
      const listener = await listen(onConnection ?? (() => {}));
      if (onConnection === undefined) await listener.close();
      const baseUrl = `http://127.0.0.1:${listener.port}`;
      const probe = await withProber({ baseUrl, timeoutMs: 200 }, (prober) => prober.probe());
      assert.equal(probe.status, "unreachable");
      assert.equal(probe.reasons.length, 1);
      assert.match(probe.reasons[0] ?? "", reason);
      assert.equal(probe.latencyMs, undefined);
      assert.equal(probe.version, "");
      if (onConnection !== undefined) await listener.close();
    });
  }

  test("does not take its own process's being busy for silence", async () => {
    const probeWhileBusy = (prober: ServiceProber) => {
      const probing = prober.probe();
      const busyUntilMs = performance.now() + 1_000;
      setImmediate(() => {
        while (performance.now() < busyUntilMs);
      });
      return probing;
    };
    // The machine may be busy for longer than that, as well.
    await withProber({ baseUrl: service.baseUrl, timeoutMs: 500 }, (prober) =>
      eventually(async () => {
        const probe = await probeWhileBusy(prober);
        assert.equal(probe.status, "serving", probe.reasons.join());
      }),
    );
  });

  test("finds a service that came back behind a connection that led nowhere", async () => {
    const silent = await listen(() => {});
    const baseUrl = `http://127.0.0.1:${silent.port}`;
    await withProber({ baseUrl, timeoutMs: 500 }, async (prober) => {
      assert.equal((await prober.probe()).status, "unreachable");
      await silent.close();
      const returned = await startPricingAt(silent.port);
      try {
        await eventually(async () => assert.equal((await prober.probe()).status, "serving"));
      } finally {
        await returned.drain();
      }
      assert.equal((await prober.probe()).status, "unreachable");
    });
  });
});

/** A test service listens on a free port; a relay puts it at the one that is wanted. */
async function startPricingAt(port: number) {
  const running = await startPricing();
  const relay = await listen((socket) => {
    const upstream = connect(running.port, "127.0.0.1");
    upstream.on("error", () => socket.destroy());
    upstream.once("close", () => socket.destroy());
    socket.once("close", () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  }, port);
  return {
    drain: async () => {
      await relay.close();
      await running.drain();
    },
  };
}

describe("a service's own state", () => {
  const cases = [
    { name: "serves", notReady: async () => [], status: "serving", reasons: [] },
    {
      name: "does not serve",
      notReady: async () => ["no store"],
      status: "not_serving",
      reasons: ["does not serve: no store"],
    },
    {
      name: "fails to say",
      notReady: async () => {
        throw new Error("no reply");
      },
      status: "not_serving",
      reasons: ["does not serve: no reply"],
    },
  ];
  for (const { name, notReady, status, reasons } of cases) {
    test(name, async () => {
      const probe = await createSelfProber({ address: "here", version: "1.2.3", notReady }).probe();
      assert.deepEqual([probe.status, probe.reasons, probe.version], [status, reasons, "1.2.3"]);
    });
  }
});

describe("the page /readyz", () => {
  const pages: Array<{ name: string; body: string; expected: object | undefined }> = [
    {
      name: "is read",
      body: '{"version":"1.0.0","reasons":["a"]}',
      expected: { version: "1.0.0", reasons: ["a"] },
    },
    { name: "without a version is none", body: '{"reasons":[]}', expected: undefined },
    { name: "without reasons is none", body: '{"version":"1"}', expected: undefined },
    { name: "that is no object is none", body: "null", expected: undefined },
    { name: "that is no JSON is none", body: "<html>", expected: undefined },
    {
      name: "beyond its bound is none",
      body: JSON.stringify({ version: "1", reasons: ["x".repeat(70_000)] }),
      expected: undefined,
    },
    {
      name: "is cut where it is long",
      body: JSON.stringify({ version: "v".repeat(300), reasons: Array(20).fill("r".repeat(300)) }),
      expected: { version: "v".repeat(200), reasons: Array(8).fill("r".repeat(200)) },
    },
  ];
  for (const { name, body, expected } of pages) {
    test(name, async () => {
      const http = createHttpServer((_, response) => response.end(body));
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
      const baseUrl = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
      assert.deepEqual(await readReadyPage(baseUrl, 60_000), expected);
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    });
  }
});
