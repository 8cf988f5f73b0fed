import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { useState } from "react";
import type { RateOverride } from "#gen/billing/exchange/v1/exchange_rate_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { ActionDialog } from "../../actions/action-dialog.tsx";
import { BeforeAfter, Line } from "../../actions/before-after.tsx";
import { formatNumber } from "../../data/exact.ts";
import { transport } from "../../data/transport.ts";
import { CheckField, SelectField, TextField } from "../../design/field.tsx";
import { absoluteText, TimeAt } from "../../design/time.tsx";
import { changeText } from "./change-text.ts";
import { RateFigure } from "./rate-text.tsx";

const exchange = createClient(ExchangeRateService, transport);
const rateForm = /^([1-9][0-9]{0,17}([.][0-9]{1,18})?|0[.]0{0,17}[1-9][0-9]{0,17})$/;

/** Sets a rate by hand, which wins over every provider until it ends. */
export function SetRateDialog({
  base,
  quote = "",
  codes,
  override,
  onClose,
}: {
  base: string;
  /** The currency that the rate is in; empty lets one choose. */
  quote?: string;
  codes: readonly string[];
  /** The manual rate that is replaced. */
  override?: RateOverride | undefined;
  onClose: () => void;
}) {
  const others = codes.filter((code) => code !== base);
  const [toCurrency, setToCurrency] = useState(quote || (others[0] ?? ""));
  const [rate, setRate] = useState("");
  const [ends, setEnds] = useState("");
  const [acceptJump, setAcceptJump] = useState(false);
  const endsAt = ends === "" ? undefined : new Date(ends);
  const problem = !rateForm.test(rate.trim())
    ? "Enter a rate above 0, with a point."
    : endsAt !== undefined && endsAt.getTime() <= Date.now()
      ? "The end must be in the future."
      : "";
  return (
    <ActionDialog
      title="Set a rate by hand"
      about="It wins over every provider, and its inverse follows from it, until it ends or is cleared."
      confirmLabel="Set the rate"
      problem={problem}
      entries={JSON.stringify([toCurrency, rate, ends, acceptJump])}
      preview={async ({ options }) => {
        const { rates } = await exchange.listRates(
          { fromCurrency: base, toCurrencies: [toCurrency] },
          options,
        );
        const [now] = rates;
        return now?.result.case === "rate" ? (now.result.value.rate?.rate ?? "") : "";
      }}
      showPreview={(before) => (
        <>
          <BeforeAfter
            name={`1 ${base} in ${toCurrency}`}
            before={before === "" ? "no rate" : <RateFigure of={before} />}
            after={<RateFigure of={rate.trim()} />}
          />
          {before !== "" && <Line name="Change" value={changeText(before, rate.trim())} />}
          <Line name="Holds until" value={endsAt ? absoluteText(endsAt.getTime()) : "it is cleared"} />
          <p className="soft">
            Charges from now on are converted by it; open holds keep the rate that they were made with.
          </p>
        </>
      )}
      run={(draft) =>
        exchange.setRate(
          {
            baseCurrency: base,
            quoteCurrency: toCurrency,
            rate: rate.trim(),
            ...(endsAt && { endsAt: timestampFromDate(endsAt) }),
            acceptJump,
            ...(override && { configVersion: override.configVersion }),
            comment: draft.reason,
          },
          draft.options,
        )
      }
      showResult={({ override: made }) => (
        <>
          <Line name={`1 ${base} in ${toCurrency}`} value={formatNumber(made?.rate ?? rate.trim())} />
          <Line name="Holds until" value={made?.endsAt ? <TimeAt at={made.endsAt} /> : "it is cleared"} />
        </>
      )}
      onClose={onClose}
    >
      {quote === "" && (
        <SelectField
          label="To"
          name="to"
          options={others.map((code) => [code, code] as const)}
          value={toCurrency}
          onChange={(event) => setToCurrency(event.target.value)}
        />
      )}
      <TextField
        label={`${toCurrency} for 1 ${base}`}
        name="rate"
        inputMode="decimal"
        placeholder="0.925"
        autoFocus
        suffix={toCurrency}
        value={rate}
        onChange={(event) => setRate(event.target.value)}
      />
      <TextField
        label="Ends"
        name="ends"
        type="datetime-local"
        hint="Providers apply again then. Empty: until it is cleared."
        value={ends}
        onChange={(event) => setEnds(event.target.value)}
      />
      <CheckField
        label="Set it even if it jumps"
        name="accept-jump"
        hint="Without it a rate that differs much from the last good one is refused."
        checked={acceptJump}
        onChange={(event) => setAcceptJump(event.target.checked)}
      />
    </ActionDialog>
  );
}
