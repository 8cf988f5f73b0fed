import type { Http2Session } from "node:http2";
import { Http2SessionManager } from "@connectrpc/connect-node";

/** How soon a connection that leads nowhere any more (peer frozen, network cut) is found, while calls are under way. */
export interface PingBounds {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

/** Shorter than a server's: dropping idle connections first avoids a leak (connect-es#1545). */
const idleConnectionMs = 60_000;
/** With Node's 10 MiB a session ends in ENHANCE_YOUR_CALM after a few large requests. */
const sessionMemoryMib = 1_000;

/**
 * The connection to one service. A connection that breaks in the wrong moment can report it when Connect (2.2.0)
 * has stopped listening, and an error that nobody hears ends the process: here somebody always does. The calls on
 * it learn of it by their streams.
 */
export class Http2Sessions extends Http2SessionManager {
  readonly #heard = new WeakSet<Http2Session>();

  constructor(baseUrl: string, bounds?: PingBounds) {
    super(
      baseUrl,
      { ...bounds, idleConnectionTimeoutMs: idleConnectionMs },
      { maxSessionMemory: sessionMemoryMib },
    );
  }

  override async request(
    ...parameters: Parameters<Http2SessionManager["request"]>
  ): ReturnType<Http2SessionManager["request"]> {
    const stream = await super.request(...parameters);
    const { session } = stream;
    if (session !== undefined && !this.#heard.has(session)) {
      this.#heard.add(session);
      session.on("error", () => {});
    }
    return stream;
  }
}
