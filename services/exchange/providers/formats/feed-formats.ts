import type { RateFormat } from "../../domain/providers/provider-directory.ts";
import type { Publication } from "../../domain/rates/rate-book.ts";
import { parseEcbDaily } from "./ecb-daily.ts";
import { parseEcbHistory, readEcbHistory } from "./ecb-history.ts";
import { parseFrankfurterV1, parseFrankfurterV2 } from "./frankfurter.ts";
import { parseOpenErApi, parseOpenExchangeRates } from "./open-rates.ts";
import { parseStaticFile } from "./static-file.ts";

/** What came of a provider, or stands in a file. */
export interface FeedBody {
  readonly bytes: Buffer;
  /** In the charset that it is said to be in. Throws if it is not. */
  text(): string;
}

/** How each format is read: days or moments, oldest first, with the digits as they were published. */
export const feedFormats: Readonly<Record<RateFormat, (body: FeedBody) => readonly Publication[]>> = {
  "ecb-daily": (body) => parseEcbDaily(body.text()),
  "ecb-history": (body) => parseEcbHistory(readEcbHistory(body.bytes)),
  "frankfurter-v1": (body) => parseFrankfurterV1(body.text()),
  "frankfurter-v2": (body) => parseFrankfurterV2(body.text()),
  "open-exchange-rates": (body) => parseOpenExchangeRates(body.text()),
  "open-er-api": (body) => parseOpenErApi(body.text()),
  "static-file": (body) => parseStaticFile(body.text()),
};
