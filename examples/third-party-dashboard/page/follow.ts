import { isFinal } from "./failure.ts";

/** How a stream stands: "lost" is tried again, "refused" is not. */
export type StreamState = "opening" | "live" | "lost" | "refused";

export interface Stream<Event> {
  /** Opens the stream, where it left off if it can. */
  readonly open: (signal: AbortSignal) => AsyncIterable<Event>;
  readonly onEvent: (event: Event) => void;
  readonly onState: (state: StreamState, error?: unknown) => void;
  /** Without a word for so long it counts as lost: three heartbeats. */
  readonly quietMs: number;
}

const firstPauseMs = 400;
const longestPauseMs = 10_000;

/** Follows a stream until the signal, and opens it again with growing random pauses whenever it ends. */
export async function follow<Event>(stream: Stream<Event>, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      await readToEnd(stream, signal, () => {
        failures = 0;
        stream.onState("live");
      });
      if (!signal.aborted) stream.onState("opening");
    } catch (error) {
      if (signal.aborted) return;
      stream.onState(isFinal(error) ? "refused" : "lost", error);
      if (isFinal(error)) return;
    }
    await pause(Math.min(longestPauseMs, firstPauseMs * 2 ** failures) * (0.5 + Math.random()), signal);
  }
}

async function readToEnd<Event>(
  { open, onEvent, quietMs }: Stream<Event>,
  leaving: AbortSignal,
  onHeard: () => void,
): Promise<void> {
  const silence = new AbortController();
  const fallSilent = () => silence.abort();
  let timer = setTimeout(fallSilent, quietMs);
  try {
    for await (const event of open(AbortSignal.any([leaving, silence.signal]))) {
      clearTimeout(timer);
      timer = setTimeout(fallSilent, quietMs);
      onHeard();
      onEvent(event);
    }
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
