import type { Logger } from "#platform/observe/log.ts";
import type { Redis } from "#platform/redis/redis.ts";
import type { PricingSettings } from "./config.ts";
import { beginCatalogue } from "./domain/catalogue/begin-catalogue.ts";
import { readBundledPrices } from "./domain/catalogue/bundled-catalogue.ts";
import { LiveCatalogue } from "./domain/catalogue/live-catalogue.ts";
import { readBundledFile } from "./store/bundled-file.ts";

const dayMs = 86_400_000;

/** The catalogue, followed from now on; on a first start it begins with the bundled prices. */
export async function openCatalogue(
  settings: Pick<PricingSettings, "PRICING_ALLOW_BUNDLED" | "PRICING_BUNDLED_MAX_AGE_DAYS">,
  redis: Redis,
  log: Logger,
): Promise<LiveCatalogue> {
  const { PRICING_ALLOW_BUNDLED: allowed, PRICING_BUNDLED_MAX_AGE_DAYS: maxAgeDays } = settings;
  const catalogue = new LiveCatalogue({
    redis,
    bundled: { allowed, maxAgeMs: maxAgeDays * dayMs },
    now: Date.now,
    onError: (error) => log.warn({ err: error }, "following the catalogue"),
  });
  const { file, prices } = readBundledPrices(readBundledFile());
  if (await beginCatalogue(catalogue.store, file.name, prices)) {
    const use = allowed
      ? "used whatever their age, as PRICING_ALLOW_BUNDLED says"
      : `refused once they are ${maxAgeDays} days old; PRICING_ALLOW_BUNDLED=true lifts that`;
    log.info(
      { catalogue: file.name, date: file.date, prices: file.priceCount, free: file.freeCount },
      `first start: prices of ${file.date} from ${file.source}, ${use}`,
    );
  }
  await catalogue.open();
  log.info(
    { prices: catalogue.state.prices.length, books: catalogue.state.books.length },
    "the catalogue is in memory",
  );
  return catalogue;
}
