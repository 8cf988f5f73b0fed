import type { IncomingMessage, ServerResponse } from "node:http";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BalanceSchema } from "#gen/billing/core/v1/balance_pb.ts";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ErrorReasonSchema } from "#gen/billing/core/v1/error_reason_pb.ts";
import { createGate } from "../../../access/gate.ts";
import { createTokenVerifier } from "../../../access/token-verifier.ts";
import { buildErrorCatalogue } from "../../../errors/catalogue.ts";
import { ServiceError } from "../../../errors/service-error.ts";
import { createHealthState } from "../../../health/health.ts";
import { createLogger } from "../../../observe/log.ts";
import { createMetrics } from "../../../observe/metrics.ts";
import { withCors } from "../../../server/cors.ts";
import { type RunningServer, startServer } from "../../../server/server.ts";
import type { TlsIdentity } from "../../../server/tls.ts";
import { testSecret } from "../../../testing/service.ts";
import type { Call } from "../../call.ts";
import { createConnectDoor } from "../../connect-door.ts";
import { routesOf } from "../../handlers.ts";
import { createPipeline } from "../../pipeline.ts";
import { createRequestValidator } from "../../validation.ts";
import { besideFastDoor, createFastDoor } from "../fast-door.ts";

export const catalogue = buildErrorCatalogue([ErrorReasonSchema]);

/** A server with one of the doors or both, and what its handlers and doors saw. */
export interface DoorServer {
  readonly port: number;
  /** What handlers did, in order. */
  readonly effects: string[];
  /** Requests that the fast door took. */
  taken(): number;
  metrics(): Promise<string>;
  shutDown(graceMs: number): ReturnType<RunningServer["close"]>;
}

/** Accounts whose name says what the handler does. */
function behave(account: string, call: Call, effects: string[]): Promise<never> | object | undefined {
  const [what, detail = ""] = account.split(".");
  if (what === "reason")
    throw new ServiceError(detail, `because ${detail}; ü 100 %`, {
      metadata: { some_fact: "ü", other: "1" },
      fields: [{ field: "a.b[1]", description: "is ü" }],
      retryAfterMs: 1_250,
    });
  if (what === "broken") throw new TypeError("secret internals");
  if (what === "endless") return new Promise<never>(() => {});
  if (what === "aborted")
    return new Promise<never>((_, reject) => {
      call.signal.addEventListener("abort", () => {
        const { reason } = call.signal;
        effects.push(`aborted ${Code[ConnectError.from(reason).code]}`);
        reject(reason);
      });
      effects.push("waits");
    });
  if (what === "facts") {
    const { caller, requestId, trace, deadlineMs } = call;
    const leftS = Math.round((deadlineMs - Date.now()) / 10_000) * 10;
    effects.push(`${caller.subject} ${requestId} ${trace.traceparent.slice(0, 35)} ${leftS}`);
  }
  if (what === "large") return { balance: create(BalanceSchema, { accountId: detail.repeat(20_000) }) };
  return undefined;
}

/** Starts a server whose handlers are the same whatever the doors. */
export async function startDoors(doors: { fast: boolean; tls?: TlsIdentity }): Promise<DoorServer> {
  const effects: string[] = [];
  let taken = 0;
  const verify = await createTokenVerifier({
    secrets: [new TextEncoder().encode(testSecret)],
    issuer: "holdfast",
  });
  const metrics = createMetrics("testing");
  const pipeline = createPipeline({
    gate: createGate(verify, undefined),
    owners: {},
    catalogue,
    validate: createRequestValidator(),
    metrics,
    log: createLogger({ service: "testing", level: "fatal", format: "json" }),
  });
  const routes = [
    routesOf(BillingCoreService, {
      getBalance: async ({ accountId }, call) => {
        effects.push(`getBalance ${accountId.slice(0, 50)}`);
        return (await behave(accountId, call, effects)) ?? { balance: create(BalanceSchema, { accountId }) };
      },
      charge: ({ accountId, metadata }) => {
        effects.push(`charge ${accountId} ${JSON.stringify(metadata)}`);
        return { idempotentReplay: true };
      },
    }),
    createHealthState([]).routes,
  ];
  const shutdown = new AbortController();
  const connectDoor = withCors(
    createConnectDoor({
      pipeline,
      routes,
      shutdownSignal: shutdown.signal,
      fallback: (_, response) => {
        response.statusCode = 404;
        response.end();
      },
    }),
    { origins: ["https://page.test"], responseHeaders: ["X-Request-Id"] },
  );
  const fastDoor = createFastDoor({ pipeline, routes, shutdownSignal: shutdown.signal });
  const counted = (isTaken: boolean): boolean => {
    if (isTaken) taken++;
    return isTaken;
  };
  const countingDoor = {
    takeStream: (...parameters: Parameters<typeof fastDoor.takeStream>) =>
      counted(fastDoor.takeStream(...parameters)),
    takeRequest: (request: IncomingMessage, response: ServerResponse) =>
      counted(fastDoor.takeRequest(request, response)),
  };
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    tls: doors.tls,
    handler: doors.fast ? besideFastDoor(countingDoor, connectDoor) : connectDoor,
    onStream: doors.fast ? countingDoor.takeStream : undefined,
  });
  return {
    port: server.port,
    effects,
    taken: () => taken,
    metrics: () => metrics.registry.metrics(),
    shutDown(graceMs) {
      shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
      return server.close({ graceMs });
    },
  };
}
