import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { systemClock } from "#platform/clock/clock.ts";
import type { ServiceHandlers } from "#platform/rpc/handlers.ts";
import { watchRates } from "../domain/rates/rate-watch.ts";
import type { ExchangeParts } from "./exchange-parts.ts";
import { listedRateMessage } from "./rate-messages.ts";

/** WatchRates. */
export function watchHandlers({ live, heartbeatMs, now }: ExchangeParts) {
  return {
    async *watchRates({ pairs }, { signal }) {
      for (const { fromCurrency, toCurrency } of pairs)
        for (const code of [fromCurrency, toCurrency]) live.state.currencies.require(code);
      for await (const event of watchRates({ live, clock: systemClock, now, heartbeatMs }, pairs, signal)) {
        if (event.kind === "heartbeat") {
          yield { event: { case: "heartbeat" as const, value: timestampFromMs(event.atMs) } };
          continue;
        }
        const { fromCurrency, toCurrency } = event.pair;
        const rate = listedRateMessage(fromCurrency, toCurrency, event.found);
        yield { event: { case: "rate" as const, value: rate } };
      }
    },
  } satisfies ServiceHandlers<typeof ExchangeRateService>;
}
