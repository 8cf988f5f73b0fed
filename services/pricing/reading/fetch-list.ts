import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { fetchOutbound } from "#platform/http-client/fetch-outbound.ts";
import { OutboundError, type OutboundReason } from "#platform/http-client/outbound-error.ts";
import { completePolicy, type OutboundPolicy } from "#platform/http-client/outbound-policy.ts";
import { checkHop, parseUrl } from "#platform/http-client/url-rule.ts";
import type { FetchedList, FetchList } from "../domain/feeds/feed-list.ts";
import type { SourceSettings } from "../domain/feeds/source-settings.ts";
import { PricingError, type PricingReason } from "../domain/pricing-error.ts";

/** What of the outside a list may come from. */
export interface ListRules {
  /** Folder of lists that are files; undefined: none may be. */
  readonly feedFolder: string | undefined;
  readonly outbound: Pick<OutboundPolicy, "allowPrivateAddresses" | "ports" | "lookup" | "proxy">;
}

/** Fetches by the rules. */
export function createListFetcher(rules: ListRules): FetchList {
  return (sourceId, settings, uploaded, known, signal) => {
    const { location, maxBytes } = settings;
    switch (location.kind) {
      case "url":
        return fetchUrl(sourceId, location.url, settings, rules, known, signal);
      case "file":
        return readFile(sourceId, location.path, maxBytes, rules);
      case "upload":
        if (uploaded.length > maxBytes) throw tooLarge(sourceId, maxBytes);
        return Promise.resolve({ content: uploaded, version: {} });
    }
  };
}

/** Checks a location as far as it can be without fetching. @throws PricingError FEED_ADDRESS_REFUSED */
export function checkLocation(sourceId: string, { location }: SourceSettings, rules: ListRules): void {
  if (location.kind === "file") folderOf(sourceId, rules);
  if (location.kind !== "url") return;
  try {
    checkHop(parseUrl(location.url), completePolicy(rules.outbound));
  } catch (error) {
    throw error instanceof OutboundError ? faultOf(sourceId, error, 0) : error;
  }
}

const refused: ReadonlySet<OutboundReason> = new Set(["ADDRESS_REFUSED", "PORT_REFUSED", "INVALID_URL"]);

async function fetchUrl(
  sourceId: string,
  url: string,
  { fetchTimeoutMs, maxBytes }: SourceSettings,
  { outbound }: ListRules,
  known: FetchedList["version"] | undefined,
  signal: AbortSignal,
): Promise<FetchedList> {
  const policy = { ...outbound, totalTimeoutMs: fetchTimeoutMs, maxResponseBytes: maxBytes };
  try {
    const answer = await fetchOutbound(
      { url, signal, ...(known === undefined ? {} : { validators: known }) },
      policy,
    );
    return { content: answer.notModified ? undefined : answer.body, version: answer.validators };
  } catch (error) {
    throw error instanceof OutboundError ? faultOf(sourceId, error, maxBytes) : error;
  }
}

function faultOf(sourceId: string, error: OutboundError, maxBytes: number): PricingError {
  const { reason, status, message } = error;
  if (reason === "TOO_LARGE") return tooLarge(sourceId, maxBytes);
  const named: PricingReason = refused.has(reason)
    ? "FEED_ADDRESS_REFUSED"
    : reason === "INVALID_RESPONSE"
      ? "FEED_INVALID"
      : "FEED_UNREACHABLE";
  const facts = status === undefined ? {} : { status: String(status) };
  return new PricingError(named, `the list cannot be fetched: ${message}`, {
    metadata: { source_id: sourceId, ...facts },
    cause: error,
  });
}

function tooLarge(sourceId: string, maxBytes: number): PricingError {
  return new PricingError("FEED_TOO_LARGE", `the list has more than ${maxBytes} bytes`, {
    metadata: { source_id: sourceId, limit: String(maxBytes) },
  });
}

function folderOf(sourceId: string, { feedFolder }: ListRules): string {
  if (feedFolder !== undefined) return feedFolder;
  throw new PricingError(
    "FEED_ADDRESS_REFUSED",
    "this server has no feed directory (PRICING_FEED_DIRECTORY)",
    {
      metadata: { source_id: sourceId },
    },
  );
}

async function readFile(
  sourceId: string,
  path: string,
  maxBytes: number,
  rules: ListRules,
): Promise<FetchedList> {
  const folder = await realpath(folderOf(sourceId, rules)).catch((cause) => {
    throw unreadable(sourceId, path, cause);
  });
  const real = await realpath(resolve(folder, path)).catch((cause) => {
    throw unreadable(sourceId, path, cause);
  });
  // A link in the folder may lead out of it.
  if (!real.startsWith(folder + sep)) {
    throw new PricingError("FEED_ADDRESS_REFUSED", `${path} leaves the feed directory`, {
      metadata: { source_id: sourceId },
    });
  }
  const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause) => {
    throw unreadable(sourceId, path, cause);
  });
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw unreadable(sourceId, path, new Error("not a regular file"));
    if (facts.size > maxBytes) throw tooLarge(sourceId, maxBytes);
    const content = Buffer.alloc(facts.size);
    const { bytesRead } = await file.read(content, 0, facts.size, 0);
    return { content: content.subarray(0, bytesRead), version: {} };
  } finally {
    await file.close();
  }
}

function unreadable(sourceId: string, path: string, cause: unknown): PricingError {
  return new PricingError("FEED_UNREACHABLE", `the file ${path} cannot be read`, {
    metadata: { source_id: sourceId },
    cause,
  });
}
