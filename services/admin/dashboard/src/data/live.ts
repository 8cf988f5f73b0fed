import { Code, ConnectError } from "@connectrpc/connect";
import { useEffect, useEffectEvent, useId, useState } from "react";
import { noteClosed, noteLive, noteLost, noteOpening } from "./connection.ts";
import { describeFailure, type Failure } from "./failure.ts";
import { queryClient } from "./query-client.ts";

/** A stream to follow while a part of the page is shown. */
export interface LiveOptions<Event> {
  /** Another key is another stream; undefined follows nothing. */
  readonly key: string | undefined;
  /** Opens the stream, where it left off if it can. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Event>;
  readonly onEvent: (event: Event) => void;
  /** Without a word for so long the connection counts as lost: three heartbeats. */
  readonly quietMs: number;
}

/** Streams open at once in a page: browsers open six connections to an origin, and calls need some. */
const maxStreams = 3;
const firstDelayMs = 400;
const maxDelayMs = 10_000;
/** A page that nobody looks at leaves its connections to others. */
const hiddenForMs = 20_000;
/** What trying again does not change. */
const final: ReadonlySet<Code> = new Set([
  Code.Unauthenticated,
  Code.PermissionDenied,
  Code.NotFound,
  Code.InvalidArgument,
  Code.Unimplemented,
]);

let openStreams = 0;

/**
 * Follows a stream and opens it again, with jitter, whenever it ends: servers end streams after 15 minutes. What was
 * read before a loss is read again after it.
 *
 * @returns why the server refuses the stream, if it does.
 */
export function useLive<Event>({ key, open, onEvent, quietMs }: LiveOptions<Event>): Failure | undefined {
  const [refusal, setRefusal] = useState<Failure>();
  const part = useId();
  const openNow = useEffectEvent((signal: AbortSignal) => open(signal));
  const tell = useEffectEvent((event: Event) => onEvent(event));
  useEffect(() => {
    if (key === undefined) return undefined;
    setRefusal(undefined);
    const leaving = new AbortController();
    follow({ part, quietMs, leaving: leaving.signal, open: openNow, tell }).catch((error: unknown) =>
      setRefusal(describeFailure(error)),
    );
    return () => leaving.abort();
  }, [key, part, quietMs]);
  return refusal;
}

interface Following<Event> {
  readonly part: string;
  readonly quietMs: number;
  readonly leaving: AbortSignal;
  readonly open: (signal: AbortSignal) => AsyncIterable<Event>;
  readonly tell: (event: Event) => void;
}

async function follow<Event>(following: Following<Event>): Promise<void> {
  const { part, leaving } = following;
  try {
    for (let failures = 0; !leaving.aborted; ) {
      await untilSeen(leaving);
      if (leaving.aborted) return;
      noteOpening(part);
      const { heard, error } = await readOnce(following);
      if (leaving.aborted) return;
      if (heard) failures = 0;
      if (error !== undefined) {
        if (final.has(error.code)) throw error;
        failures += 1;
        noteLost(part, describeFailure(error).detail);
      }
      await pause(Math.min(maxDelayMs, firstDelayMs * 2 ** failures) * (0.5 + Math.random()), leaving);
    }
  } finally {
    noteClosed(part);
  }
}

/** Reads a stream to its end. An end that was to be expected is no error. */
async function readOnce<Event>({ part, quietMs, leaving, open, tell }: Following<Event>) {
  if (openStreams >= maxStreams) throw new Error(`a page follows at most ${maxStreams} streams`);
  const stop = new AbortController();
  const signal = AbortSignal.any([leaving, stop.signal]);
  let heard = false;
  let isQuiet = false;
  const beQuiet = () => {
    isQuiet = true;
    stop.abort();
  };
  let quietTimer = setTimeout(beQuiet, quietMs);
  const releaseWhenHidden = whenHidden(() => stop.abort());
  openStreams += 1;
  try {
    for await (const event of open(signal)) {
      clearTimeout(quietTimer);
      quietTimer = setTimeout(beQuiet, quietMs);
      heard = true;
      if (noteLive(part)) void queryClient.invalidateQueries();
      tell(event);
    }
    return { heard, error: undefined };
  } catch (thrown) {
    const error = isQuiet
      ? new ConnectError("The server fell silent.", Code.Unavailable)
      : ConnectError.from(thrown);
    const isExpected = error.code === Code.DeadlineExceeded || (stop.signal.aborted && !isQuiet);
    return { heard, error: isExpected ? undefined : error };
  } finally {
    openStreams -= 1;
    clearTimeout(quietTimer);
    releaseWhenHidden();
  }
}

/** Calls when the page has been hidden for a while; gives what ends that. */
function whenHidden(call: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(call, hiddenForMs);
  };
  document.addEventListener("visibilitychange", look);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

function untilSeen(leaving: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return firstOf(leaving, [[document, "visibilitychange"]]);
}

/** Waits; not longer than until the browser says that the network is back. */
function pause(delayMs: number, leaving: AbortSignal): Promise<void> {
  return firstOf(leaving, [[window, "online"]], delayMs);
}

function firstOf(
  leaving: AbortSignal,
  events: ReadonlyArray<readonly [target: EventTarget, name: string]>,
  delayMs?: number,
): Promise<void> {
  return new Promise((resolve) => {
    const done = new AbortController();
    const timer = delayMs === undefined ? undefined : setTimeout(finish, delayMs);
    function finish(): void {
      clearTimeout(timer);
      done.abort();
      resolve();
    }
    for (const [target, name] of events) target.addEventListener(name, finish, { signal: done.signal });
    leaving.addEventListener("abort", finish, { signal: done.signal });
    if (leaving.aborted) finish();
  });
}
