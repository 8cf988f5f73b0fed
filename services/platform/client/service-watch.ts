import { createLatestValue } from "../polling/latest-value.ts";
import type { ServiceProbe, ServiceProber } from "./probe-service.ts";

/** Probes of several services, by the names that the caller gave them. */
export type ServiceProbes<N extends string> = Readonly<Record<N, ServiceProbe>>;

/** How the peers of a service stand, asked in the background. */
export interface ServiceWatch<N extends string> {
  /** What was seen last, or, if that is too old, what is seen now. */
  get(): Promise<ServiceProbes<N>>;
  /** For the `peers` part of /readyz: what was seen last, in words. Never asks, since peers ask each other. */
  peers(): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** How often a watch asks. */
export interface ServiceWatchOptions {
  /** Longest pause between two rounds in milliseconds. Default 3,000. */
  readonly pauseMs?: number;
  /** Age in milliseconds up to which a round is given again. Default 10,000. */
  readonly freshMs?: number;
}

/** Bounds of the age of what is known about other services, in milliseconds. */
export const watchTimes = {
  pauseMs: 3_000,
  /** Pause while some service does not serve, so that its return is soon seen. */
  troubledPauseMs: 1_000,
  freshMs: 10_000,
} as const;

/** Asks the services again and again until stopped, all at the same time, one round after the other. */
export function watchServices<N extends string>(
  probers: Readonly<Record<N, ServiceProber>>,
  options: ServiceWatchOptions = {},
): ServiceWatch<N> {
  const latest = createLatestValue({
    read: () => probeServices(probers),
    freshMs: options.freshMs ?? watchTimes.freshMs,
  });
  latest.keepReading((probes) => pauseAfter(probes, options.pauseMs));
  return {
    get: latest.get,
    peers: async () => describePeers(Object.keys(probers), latest.peek()),
    async stop() {
      await latest.stop();
      for (const prober of Object.values<ServiceProber>(probers)) prober.close();
    },
  };
}

/** Asks all at the same time. */
export async function probeServices<N extends string>(
  probers: Readonly<Record<N, ServiceProber>>,
): Promise<ServiceProbes<N>> {
  const entries = Object.entries<ServiceProber>(probers).map(
    async ([name, prober]) => [name, await prober.probe()] as const,
  );
  return Object.fromEntries(await Promise.all(entries)) as ServiceProbes<N>;
}

/** Pause before the next round, shorter while some service does not serve. */
export function pauseAfter(
  probes: Readonly<Record<string, ServiceProbe>> | undefined,
  pauseMs: number = watchTimes.pauseMs,
): number {
  const allServe = Object.values(probes ?? {}).every(({ status }) => status === "serving");
  return allServe ? pauseMs : Math.min(pauseMs, watchTimes.troubledPauseMs);
}

/** One line for each peer: "serving", "not asked yet", or what is wrong. */
export function describePeers(
  names: readonly string[],
  probes: Readonly<Record<string, ServiceProbe>> | undefined,
): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, describePeer(probes?.[name])]));
}

function describePeer(probe: ServiceProbe | undefined): string {
  if (probe === undefined) return "not asked yet";
  return probe.reasons.length === 0 ? probe.status.replace("_", " ") : probe.reasons.join("; ");
}
