import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  ApplyPolicy,
  FeedFormat as FeedFormatMessage,
  type FeedMapping as FeedMappingMessage,
  type PriceSourceSettings,
  type PriceSourceSettingsSchema,
  RemovalPolicy,
} from "#gen/billing/pricing/v1/price_source_pb.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type {
  FeedFormat,
  FeedLocation,
  FeedMapping,
  SourceSettings,
} from "../domain/feeds/source-settings.ts";
import { canonical, millisecondsOf, readCondition } from "./read-terms.ts";
import { writeCondition } from "./write-terms.ts";

type SettingsInit = MessageInitShape<typeof PriceSourceSettingsSchema>;

const defaults = { fetchTimeoutMs: 30_000, maxBytes: 16 << 20 } as const;

const formats: ReadonlyArray<readonly [FeedFormatMessage, FeedFormat]> = [
  [FeedFormatMessage.LITELLM, "litellm"],
  [FeedFormatMessage.OPENROUTER, "openrouter"],
  [FeedFormatMessage.JSON, "json"],
  [FeedFormatMessage.CSV, "csv"],
];

/** Settings of a message that has passed the contract's constraints, with the defaults filled in. */
export function readSettings(message: PriceSourceSettings | undefined): SourceSettings {
  if (message === undefined) throw invalidField("settings", "is required");
  const { mapping, guard, syncInterval, fetchTimeout } = message;
  const format = formats.find(([wire]) => wire === message.format)?.[1];
  if (format === undefined) throw invalidField("settings.format", "is required");
  return {
    displayName: message.displayName,
    format,
    location: readLocation(message.location),
    ...(mapping === undefined ? {} : { mapping: readMapping(mapping) }),
    currencyCode: message.currencyCode === "" ? "USD" : message.currencyCode,
    priceIdPrefix: message.priceIdPrefix,
    includeProviders: [...message.includeProviders],
    includeModes: [...message.includeModes],
    markupRules: message.markupRules.map(({ provider, mode, priceIdPrefix, multiplier }) => ({
      provider,
      mode,
      priceIdPrefix,
      multiplier: canonical(multiplier, "1"),
    })),
    guard: {
      maxChangeFactor: canonical(guard?.maxChangeFactor ?? "", "2"),
      maxRemovedPercent: canonical(guard?.maxRemovedPercent ?? "", "10"),
      allowZeroPrices: guard?.allowZeroPrices ?? false,
    },
    applyPolicy: message.applyPolicy === ApplyPolicy.WITHIN_GUARD ? "within_guard" : "review",
    removalPolicy: message.removalPolicy === RemovalPolicy.ARCHIVE ? "archive" : "keep",
    ...(syncInterval === undefined ? {} : { syncIntervalMs: millisecondsOf(syncInterval) }),
    fetchTimeoutMs: fetchTimeout === undefined ? defaults.fetchTimeoutMs : millisecondsOf(fetchTimeout),
    maxBytes: message.maxBytes === 0 ? defaults.maxBytes : message.maxBytes,
    disabled: message.disabled,
  };
}

function readLocation(location: PriceSourceSettings["location"]): FeedLocation {
  switch (location.case) {
    case "url":
      return { kind: "url", url: location.value };
    case "filePath":
      return { kind: "file", path: location.value };
    case "upload":
      return { kind: "upload" };
    default:
      throw invalidField("settings.location", "is required");
  }
}

function readMapping(message: FeedMappingMessage): FeedMapping {
  const { $typeName: _, $unknown: __, meters, unpricedValues, csvDelimiter, ...fields } = message;
  return {
    ...fields,
    meters: meters.map(({ field, meter, per, subsetOf, conditions, variantId }) => ({
      field,
      meter,
      per: canonical(per, "1"),
      subsetOf: [...subsetOf],
      conditions: conditions.map(readCondition),
      variantId: variantId === "" ? "standard" : variantId,
    })),
    unpricedValues: [...unpricedValues],
    csvDelimiter: csvDelimiter === "" ? "," : csvDelimiter,
  };
}

/** Settings as the contract shows them. */
export function writeSettings(settings: SourceSettings): SettingsInit {
  const { format, location, mapping, guard, syncIntervalMs, fetchTimeoutMs } = settings;
  return {
    displayName: settings.displayName,
    format: formats.find(([, name]) => name === format)?.[0] ?? FeedFormatMessage.UNSPECIFIED,
    location: writeLocation(location),
    ...(mapping === undefined
      ? {}
      : {
          mapping: {
            ...mapping,
            meters: mapping.meters.map((meter) => ({
              ...meter,
              subsetOf: [...meter.subsetOf],
              conditions: meter.conditions.map(writeCondition),
            })),
            unpricedValues: [...mapping.unpricedValues],
          },
        }),
    currencyCode: settings.currencyCode,
    priceIdPrefix: settings.priceIdPrefix,
    includeProviders: [...settings.includeProviders],
    includeModes: [...settings.includeModes],
    markupRules: settings.markupRules.map((rule) => ({ ...rule })),
    guard: { ...guard },
    applyPolicy: settings.applyPolicy === "within_guard" ? ApplyPolicy.WITHIN_GUARD : ApplyPolicy.REVIEW,
    removalPolicy: settings.removalPolicy === "archive" ? RemovalPolicy.ARCHIVE : RemovalPolicy.KEEP,
    ...(syncIntervalMs === undefined ? {} : { syncInterval: durationFromMs(syncIntervalMs) }),
    fetchTimeout: durationFromMs(fetchTimeoutMs),
    maxBytes: settings.maxBytes,
    disabled: settings.disabled,
  };
}

function writeLocation(location: FeedLocation): NonNullable<SettingsInit["location"]> {
  switch (location.kind) {
    case "url":
      return { case: "url", value: location.url };
    case "file":
      return { case: "filePath", value: location.path };
    case "upload":
      return { case: "upload", value: {} };
  }
}
