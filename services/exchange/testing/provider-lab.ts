/** Providers for tests: real HTTP servers that answer as the test says, each with a name of its own. */
import { type ScriptedHttpServer, startScriptedHttpServer } from "#platform/testing/scripted-http-server.ts";
import type { RateFormat, RateProviderDefaults } from "../domain/providers/provider-directory.ts";
import { type FeedDay, feedBodies } from "./feed-bodies.ts";
import { dayMs } from "./published-days.ts";
import { startTestExchange, type TestExchange } from "./test-exchange.ts";

/** Rates of 13 and 14 April 2026 for one euro. */
export const firstDay: FeedDay = {
  day: "2026-04-13",
  rates: { USD: "1.1684", JPY: "186.75", GBP: "0.87058", CHF: "0.9242" },
};
export const secondDay: FeedDay = {
  day: "2026-04-14",
  rates: { USD: "1.1702", JPY: "187.10", GBP: "0.8711", CHF: "0.9251" },
};
/** An evening on which both are published. */
export const eveningMs = Date.parse("2026-04-14T20:00:00Z");

/** One provider of a lab. */
export interface LabProvider {
  readonly providerId: string;
  /** Path of its feed on the lab's server. */
  readonly path: string;
  readonly defaults: RateProviderDefaults;
  /** Answers with a day from now on. */
  publish(day: FeedDay): void;
}

let labs = 0;

/** Providers of the formats asked for, in order of fallback, each fetched from `server`. */
export function labProviders(
  server: ScriptedHttpServer,
  formats: readonly RateFormat[],
  change: Partial<RateProviderDefaults> = {},
): readonly LabProvider[] {
  const lab = ++labs;
  return formats.map((format, index) => {
    const providerId = `lab-${process.pid}-${lab}-${index}-${format}`;
    const path = `/${providerId}`;
    const defaults: RateProviderDefaults = {
      providerId,
      displayName: format,
      format,
      enabled: true,
      priority: index + 1,
      url: `${server.url}${path}`,
      filePath: "",
      refreshIntervalMs: 60 * 60_000,
      maxAgeMs: 6 * dayMs,
      fetchTimeoutMs: 60_000,
      attribution: "",
      ...change,
    };
    return {
      providerId,
      path,
      defaults,
      publish: (day) => server.reply(path, { body: feedBodies[format](day) }),
    };
  });
}

/** An Exchange that knows these providers and nothing else. */
export async function startLabExchange(
  redisUrl: string,
  server: ScriptedHttpServer,
  providers: readonly LabProvider[],
  change: Partial<Parameters<typeof startTestExchange>[0]> = {},
): Promise<TestExchange> {
  return startTestExchange({
    redisUrl,
    days: {},
    nowMs: eveningMs,
    providers: providers.map(({ defaults }) => defaults),
    allowedHosts: [`127.0.0.1:${server.port}`],
    ...change,
  });
}

/** A scripted server and an Exchange that asks it, for one test. */
export async function withLab(
  redisUrl: string,
  formats: readonly RateFormat[],
  use: (lab: {
    exchange: TestExchange;
    server: ScriptedHttpServer;
    providers: readonly LabProvider[];
  }) => Promise<void>,
  change: Partial<RateProviderDefaults> = {},
): Promise<void> {
  await using server = await startScriptedHttpServer();
  const providers = labProviders(server, formats, change);
  await using exchange = await startLabExchange(redisUrl, server, providers);
  await use({ exchange, server, providers });
}
