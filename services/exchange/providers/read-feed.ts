import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fetchOutbound, type Validators } from "#platform/http-client/fetch-outbound.ts";
import { OutboundError } from "#platform/http-client/outbound-error.ts";
import type { OutboundPolicy } from "#platform/http-client/outbound-policy.ts";
import { ExchangeError } from "../domain/exchange-error.ts";
import type { RateProvider } from "../domain/providers/provider-directory.ts";
import type { FeedReader } from "../domain/providers/rate-feed.ts";
import { FeedError } from "./formats/feed-error.ts";
import { type FeedBody, feedFormats } from "./formats/feed-formats.ts";

/** How feeds are reached. */
export interface FeedAccess {
  /** Folder of the operator's files. */
  readonly dataFolder: string;
  readonly policy: OutboundPolicy;
  /** Headers with a provider's key; empty if it has none, or its address was changed to another server. */
  credentialsFor(provider: RateProvider): Readonly<Record<string, string>>;
}

const mostBytes = 10 << 20;

/** Reads a provider's rates, from its address or file. Its errors are those of a refresh. */
export function createFeedReader(access: FeedAccess): FeedReader {
  return async (provider, validators, signal) => {
    try {
      const reading =
        provider.url === ""
          ? { body: await readLocalFile(access, provider), validators: {} }
          : await fetchFeed(access, provider, validators, signal);
      if (reading === undefined) return undefined;
      return { publications: feedFormats[provider.format](reading.body), validators: reading.validators };
    } catch (error) {
      throw refreshError(error, provider.providerId);
    }
  };
}

async function fetchFeed(
  access: FeedAccess,
  provider: RateProvider,
  validators: Validators,
  signal: AbortSignal,
): Promise<{ body: FeedBody; validators: Validators } | undefined> {
  const response = await fetchOutbound(
    {
      url: provider.url,
      headers: {
        accept: "application/json, application/xml, text/csv, */*;q=0.1",
        ...access.credentialsFor(provider),
      },
      validators,
      signal,
    },
    { ...access.policy, totalTimeoutMs: provider.fetchTimeoutMs, maxResponseBytes: mostBytes },
  );
  if (response.notModified) return undefined;
  return { body: { bytes: response.body, text: () => response.text() }, validators: response.validators };
}

async function readLocalFile({ dataFolder }: FeedAccess, { filePath }: RateProvider): Promise<FeedBody> {
  const path = join(dataFolder, filePath);
  try {
    if ((await stat(path)).size > mostBytes) throw new FeedError(`the file has more than ${mostBytes} bytes`);
    const bytes = await readFile(path);
    return { bytes, text: () => bytes.toString("utf8") };
  } catch (error) {
    if (error instanceof FeedError) throw error;
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    throw new OutboundError("CONNECTION", `${filePath} in the data folder cannot be read (${code})`);
  }
}

/** Answers that came whole but cannot be used; everything else means that the provider was not reached. */
const unusable: ReadonlySet<string> = new Set(["TOO_LARGE", "INVALID_RESPONSE"]);

function refreshError(error: unknown, providerId: string): unknown {
  const metadata = { provider_id: providerId };
  if (error instanceof FeedError)
    return new ExchangeError("PROVIDER_ANSWER_INVALID", error.message, { metadata, cause: error });
  if (!(error instanceof OutboundError)) return error;
  const reason = unusable.has(error.reason) ? "PROVIDER_ANSWER_INVALID" : "PROVIDER_UNREACHABLE";
  const status = error.status === undefined ? {} : { status: String(error.status) };
  return new ExchangeError(reason, error.message, { metadata: { ...metadata, ...status }, cause: error });
}
