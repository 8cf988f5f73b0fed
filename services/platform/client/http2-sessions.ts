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
 *
 * While Connect verifies a connection by a ping, further requests wait: one that found it broken opened another
 * connection, which the end of the verification replaced by a third. The second was then forgotten: whoever waited for
 * it did so until the deadline, and its end was an error that nobody heard.
 */
export class Http2Sessions extends Http2SessionManager {
  readonly #heard = new WeakSet<Http2Session>();
  #verifying: Promise<void> | undefined;

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
    while (this.#verifying !== undefined) await this.#verifying;
    const opening = super.request(...parameters);
    if (this.state() === "verifying") this.#verifying = this.#ended(opening);
    const stream = await opening;
    const { session } = stream;
    if (session !== undefined && !this.#heard.has(session)) {
      this.#heard.add(session);
      session.on("error", () => {});
    }
    return stream;
  }

  async #ended(opening: Promise<unknown>): Promise<void> {
    try {
      await opening;
    } catch {
      // Told to whoever made the request.
    } finally {
      this.#verifying = undefined;
    }
  }
}
