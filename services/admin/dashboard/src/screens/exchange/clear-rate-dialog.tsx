import { createClient } from "@connectrpc/connect";
import type { RateOverride } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { titleOf } from "../../data/failure.ts";
import { transport } from "../../data/transport.ts";
import { TimeAgo } from "../../design/time.tsx";
import { RateFigure } from "./rate-text.tsx";

const exchange = createClient(ExchangeRateService, transport);
/** How a rate that an operator set names its source. */
const manualProvider = "manual";

/** Ends a manual rate now: providers apply again. */
export function ClearRateDialog({ override, onClose }: { override: RateOverride; onClose: () => void }) {
  const { baseCurrency, quoteCurrency, configVersion } = override;
  const name = `1 ${baseCurrency} in ${quoteCurrency}`;
  return (
    <ActionDialog
      title="Clear the manual rate"
      about={`Providers decide again what 1 ${baseCurrency} is in ${quoteCurrency}.`}
      confirmLabel="Clear it"
      isFinal
      entries={String(configVersion)}
      preview={({ options }) =>
        exchange.listRateHistory(
          { fromCurrency: baseCurrency, toCurrency: quoteCurrency, pageSize: 20 },
          options,
        )
      }
      showPreview={({ rates }) => {
        const published = rates.find(({ rate }) => rate !== undefined && rate.provider !== manualProvider);
        return (
          <>
            <Line name={`${name}, by hand`} value={<RateFigure of={override.rate} />} />
            <Line
              name={`${name}, published last`}
              value={published?.rate ? <RateFigure of={published.rate.rate} /> : "nothing lately"}
            />
            {published?.rate && <Line name="Published" value={<TimeAgo at={published.rate.publishedAt} />} />}
            <p className="soft">
              If what is published is too old, there is no rate and conversions are refused.
            </p>
          </>
        );
      }}
      run={(draft) =>
        exchange.clearRateOverride(
          { baseCurrency, quoteCurrency, configVersion, comment: draft.reason },
          draft.options,
        )
      }
      showResult={({ rate }) => (
        <BeforeAfter
          name={name}
          before={<RateFigure of={override.rate} />}
          after={
            rate?.result.case === "rate" ? (
              <RateFigure of={rate.result.value.rate?.rate ?? ""} />
            ) : (
              titleOf(rate?.result.value?.reason ?? "no rate")
            )
          }
        />
      )}
      onClose={onClose}
    />
  );
}
