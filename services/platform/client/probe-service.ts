import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "#gen/grpc/health/v1/health_pb.ts";
import { Http2Sessions } from "./http2-sessions.ts";
import { readReadyPage } from "./ready-page.ts";
import { NoAnswer, whileListening } from "./while-listening.ts";

/** What asking a service for its health brought. */
export interface ServiceProbe {
  /** `unreachable`: it gave no answer of its own. */
  readonly status: "serving" | "not_serving" | "unreachable";
  /**
   * What is wrong, most important first, each to be read after the service's name: "does not answer: the
   * connection was refused". Empty if nothing is.
   */
  readonly reasons: readonly string[];
  /** How long the health check took; undefined without an answer. */
  readonly latencyMs: number | undefined;
  /** Version of its software; empty if it did not say. */
  readonly version: string;
  /** When it was asked, epoch milliseconds. */
  readonly checkedAtMs: number;
}

/** Asks one service, as often as wanted. */
export interface ServiceProber {
  /** Host and port that is asked. */
  readonly address: string;
  /** Asks now, within the timeout; never throws. */
  probe(): Promise<ServiceProbe>;
  close(): void;
}

/** Which service to ask, and where. */
export interface ServiceProberOptions {
  /** Asked for by name, so that an address that leads to another service is noticed. */
  readonly service: DescService;
  readonly baseUrl: string;
  /** Longest wait for an answer in milliseconds. Default 1,500. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 1_500;
const maxMessageBytes = 64 << 10;

type Check = Pick<ServiceProbe, "status" | "latencyMs"> & { readonly reason: string };

/** A prober over gRPC (`grpc.health.v1`), as clients reach the service, and `/readyz` for version and reasons. */
export function createServiceProber(options: ServiceProberOptions): ServiceProber {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const sessions = new Http2Sessions(options.baseUrl);
  const health = createClient(
    Health,
    createGrpcTransport({
      baseUrl: options.baseUrl,
      sessionManager: sessions,
      readMaxBytes: maxMessageBytes,
    }),
  );
  const check = async (): Promise<Check> => {
    const startedAtMs = performance.now();
    const latencyMs = () => performance.now() - startedAtMs;
    try {
      const { status } = await whileListening(timeoutMs, (signal) =>
        health.check({ service: options.service.typeName }, { signal }),
      );
      return status === ServingStatus.SERVING
        ? { status: "serving", latencyMs: latencyMs(), reason: "" }
        : { status: "not_serving", latencyMs: latencyMs(), reason: "does not serve" };
    } catch (error) {
      const wire =
        error instanceof NoAnswer
          ? new ConnectError("no answer", Code.DeadlineExceeded)
          : ConnectError.from(error);
      if (wire.code === Code.NotFound) {
        const reason = `does not answer: another service is at ${hostOf(options.baseUrl)}`;
        return { status: "unreachable", latencyMs: undefined, reason };
      }
      // A connection without answers may lead nowhere any more: the next probe opens its own.
      if (wire.code === Code.DeadlineExceeded) await closeSessions(sessions);
      const reason = `does not answer: ${describeFault(wire, timeoutMs)}`;
      return { status: "unreachable", latencyMs: undefined, reason };
    }
  };
  return {
    address: hostOf(options.baseUrl),
    async probe() {
      const checkedAtMs = Date.now();
      const [answer, page] = await Promise.all([check(), readReadyPage(options.baseUrl, timeoutMs)]);
      return {
        status: answer.status,
        reasons: reasonsOf(answer, page?.reasons),
        latencyMs: answer.latencyMs,
        version: page?.version ?? "",
        checkedAtMs,
      };
    },
    close: () => void closeSessions(sessions),
  };
}

/**
 * Closes the connection. Not at once: the manager stops listening to it, and an error that it is about to
 * report would then end the process.
 */
async function closeSessions(sessions: Http2Sessions): Promise<void> {
  await new Promise(setImmediate);
  sessions.abort();
}

/** A prober for the service that asks: its own answer is what its readiness says. */
export function createSelfProber(options: {
  readonly address: string;
  readonly version: string;
  /** As in the service's definition. */
  readonly notReady: () => Promise<readonly string[]>;
}): ServiceProber {
  return {
    address: options.address,
    async probe() {
      const checkedAtMs = Date.now();
      const startedAtMs = performance.now();
      const reasons = await options
        .notReady()
        .catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
      return {
        status: reasons.length === 0 ? "serving" : "not_serving",
        reasons: reasons.map((reason) => `does not serve: ${reason}`),
        latencyMs: performance.now() - startedAtMs,
        version: options.version,
        checkedAtMs,
      };
    },
    close: () => {},
  };
}

/** `host:port` of a base URL, or the text itself. */
function hostOf(baseUrl: string): string {
  return URL.parse(baseUrl)?.host || baseUrl;
}

function reasonsOf(check: Check, pageReasons: readonly string[] | undefined): string[] {
  switch (check.status) {
    case "serving":
      return pageReasons === undefined ? ["does not answer at /readyz over HTTP/1.1"] : [];
    case "not_serving":
      return pageReasons?.length ? pageReasons.map((reason) => `does not serve: ${reason}`) : [check.reason];
    case "unreachable":
      return [check.reason];
  }
}

/** What the system's error codes mean. */
const connectionFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was lost",
  EPIPE: "the connection was lost",
  ENOTFOUND: "its host name is unknown",
  EAI_AGAIN: "its host name cannot be looked up",
  EHOSTUNREACH: "its host cannot be reached",
  ENETUNREACH: "its network cannot be reached",
  ETIMEDOUT: "the connection timed out",
  ERR_HTTP2_ERROR: "it does not speak HTTP/2",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not trusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
};

function describeFault(wire: ConnectError, timeoutMs: number): string {
  if (wire.code === Code.DeadlineExceeded) return `no answer within ${timeoutMs} ms`;
  for (
    let fault: unknown = wire, depth = 0;
    fault instanceof Error && depth < 8;
    fault = fault.cause, depth++
  ) {
    const words = connectionFaults[(fault as NodeJS.ErrnoException).code ?? ""];
    if (words !== undefined) return words;
  }
  return wire.rawMessage.slice(0, 200);
}
