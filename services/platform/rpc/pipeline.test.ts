import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { GetBalanceRequestSchema } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { anonymousCaller } from "../access/caller.ts";
import { methodRule } from "../access/method-rule.ts";
import { buildErrorCatalogue } from "../errors/catalogue.ts";
import { CommonError } from "../errors/common-error.ts";
import type { Logger } from "../observe/log.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { Call } from "./call.ts";
import { createPipeline } from "./pipeline.ts";
import { createRequestValidator } from "./validation.ts";

interface Entry {
  readonly level: string;
  readonly facts: Record<string, unknown>;
}

let entries: Entry[] = [];

/** Keeps what would be logged. */
function recordingLog(bound: object): Logger {
  const write = (level: string) => (facts: object) =>
    void entries.push({ level, facts: { ...bound, ...facts } });
  return {
    isLevelEnabled: () => true,
    child: (more: object) => recordingLog({ ...bound, ...more }),
    debug: write("debug"),
    warn: write("warn"),
    error: write("error"),
  } as unknown as Logger;
}

const metrics = createMetrics("testing");
const pipeline = createPipeline({
  gate: async (_, credentials) => {
    if (credentials.header("authorization") === "refuse") throw new CommonError("TOKEN_MISSING", "no token");
    return { ...anonymousCaller, subject: "key:1" };
  },
  owners: {},
  catalogue: buildErrorCatalogue([]),
  validate: createRequestValidator(),
  metrics,
  log: recordingLog({}),
});

beforeEach(() => {
  entries = [];
});

function open(
  headers: Record<string, string> = {},
  timeoutMs?: number,
  signal = new AbortController().signal,
) {
  return pipeline.open({
    rule: methodRule(BillingCoreService.method.getBalance),
    header: (name) => headers[name],
    address: "",
    timeoutMs,
    bodyBytes: 0,
    signal,
  });
}

const request = create(GetBalanceRequestSchema, { accountId: "alice" });
const thrown = (error: unknown) => () => Promise.reject(error);

async function inFlight(): Promise<string | undefined> {
  return /^billing_rpc_in_flight\{.*\} (.*)$/m.exec(await metrics.registry.metrics())?.[1];
}

describe("the request id", () => {
  for (const id of ["a", "0b1c-2.3:4_5", "x".repeat(128)]) {
    test(`${id.slice(0, 20)} is kept`, async () => {
      const call = await open({ "x-request-id": id });
      assert.equal(call.requestId, id);
      pipeline.abandon(call);
    });
  }
  for (const id of ["", "a b", "a\nb", "ä", '"', "x".repeat(129)]) {
    test(`${JSON.stringify(id).slice(0, 20)} is replaced`, async () => {
      const call = await open({ "x-request-id": id });
      assert.match(call.requestId, /^[0-9a-f-]{36}$/);
      pipeline.abandon(call);
    });
  }
});

describe("a call", () => {
  test("has half a minute unless its caller says otherwise", async () => {
    for (const [timeoutMs, expectedMs] of [
      [undefined, 30_000],
      [5_000, 5_000],
    ] as const) {
      const beforeMs = Date.now();
      const call = await open({}, timeoutMs);
      assert.ok(call.deadlineMs >= beforeMs + expectedMs && call.deadlineMs <= Date.now() + expectedMs);
      pipeline.abandon(call);
    }
  });

  test("is counted once, however it ends", async () => {
    const before = await inFlight();
    await pipeline.serveUnary(await open(), request, () => ({}));
    await assert.rejects(async () => open({ authorization: "refuse" }));
    await assert.rejects(pipeline.serveUnary(await open(), request, thrown(new Error("x"))));
    const abandoned = await open();
    pipeline.abandon(abandoned);
    pipeline.abandon(abandoned);
    for await (const _ of pipeline.serveStream(await open(), request, async function* () {
      yield 1;
    }));
    for await (const _ of pipeline.serveStream(await open(), request, async function* () {
      yield 1;
      yield 2;
    }))
      break;
    assert.equal(await inFlight(), before);
  });

  test("that fails by a fault is logged with request id, trace, caller and cause; a refusal quietly", async () => {
    const fault = new TypeError("broken");
    const call = await open({ "x-request-id": "request-1" });
    await assert.rejects(
      pipeline.serveUnary(call, request, thrown(fault)),
      (error) => error instanceof ConnectError && error.code === Code.Internal,
    );
    const [entry] = entries;
    assert.equal(entry?.level, "error");
    assert.equal(entry?.facts.err, fault);
    assert.deepEqual(
      [entry?.facts.request_id, entry?.facts.caller, entry?.facts.trace_id],
      ["request-1", "key:1", call.trace.traceId],
    );
    entries = [];
    await assert.rejects(
      pipeline.serveUnary(await open(), request, thrown(new CommonError("OVERLOADED", "-"))),
    );
    await assert.rejects(
      pipeline.serveUnary(await open(), request, thrown(new CommonError("VERSION_MISMATCH", "-"))),
    );
    assert.deepEqual(
      entries.map(({ level }) => level),
      ["warn", "debug"],
    );
  });

  for (const code of [Code.DeadlineExceeded, Code.Unavailable, Code.Canceled]) {
    test(`whose handler gives up with its signal's reason ${Code[code]} fails by that, not by a fault`, async () => {
      const abort = new AbortController();
      const call = await open({}, undefined, abort.signal);
      const served = pipeline.serveUnary(call, request, (_: never, { signal }: Call) => {
        abort.abort(new ConnectError("-", code));
        signal.throwIfAborted();
      });
      await assert.rejects(served, (error) => error instanceof ConnectError && error.code === code);
      assert.deepEqual(
        entries.filter(({ level }) => level === "error"),
        [],
      );
    });
  }

  test("with a bad request never reaches its handler", async () => {
    const bad = create(GetBalanceRequestSchema, { accountId: "" });
    let handled = false;
    await assert.rejects(
      pipeline.serveUnary(await open(), bad, () => {
        handled = true;
      }),
      (error) => error instanceof ConnectError && error.code === Code.InvalidArgument,
    );
    assert.equal(handled, false);
  });

  test("whose handler throws before it returns a promise fails like any other", async () => {
    const call = await open();
    await assert.rejects(
      pipeline.serveUnary(call, request, () => {
        throw new CommonError("OVERLOADED", "-");
      }),
      (error) => error instanceof ConnectError && error.code === Code.Unavailable,
    );
  });
});
