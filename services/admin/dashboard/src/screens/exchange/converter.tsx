import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import type { Conversion } from "#gen/billing/exchange/v1/conversion_pb.ts";
import { ExchangeRateService } from "#gen/billing/exchange/v1/exchange_rate_service_pb.ts";
import { RoundingMode, RoundingModeSchema } from "#gen/billing/type/v1/money_pb.ts";
import { enumChoice, enumOptions } from "../../data/enum-text.ts";
import { useUrlState } from "../../data/url-state.ts";
import { Card } from "../../design/card.tsx";
import { Facts } from "../../design/facts.tsx";
import { SelectField, TextField } from "../../design/field.tsx";
import { Money } from "../../design/money.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { TimeAt } from "../../design/time.tsx";
import { exactResult } from "./exact-result.ts";
import "./exchange.css";
import { RateSteps } from "../transactions/rate-steps.tsx";
import { kindText, providerText, RateFigure } from "./rate-text.tsx";
import { useCurrencies } from "./use-currencies.ts";

const amountForm = /^-?[0-9]{1,25}([.][0-9]{1,36})?$/;

/** Tries a conversion; nothing is booked. The address keeps it, so that it can be linked. */
export function Converter() {
  const codes = useCurrencies();
  const [from] = useUrlState("from", codes[0] ?? "");
  const [to] = useUrlState("to", codes[1] ?? "");
  const [amount] = useUrlState("amount", "100");
  const [digits] = useUrlState("digits");
  const [mode] = useUrlState("mode", String(RoundingMode.HALF_EVEN));
  const isValid = amountForm.test(amount.trim()) && /^([0-9]|1[0-8])?$/.test(digits);
  const found = useQuery(
    ExchangeRateService.method.convert,
    {
      fromCurrency: from,
      toCurrency: to,
      amount: amount.trim(),
      rounding: {
        ...(digits !== "" && { digits: Number(digits) }),
        mode: enumChoice(RoundingModeSchema, mode) ?? RoundingMode.HALF_EVEN,
        allowZero: true,
      },
    },
    { enabled: isValid && from !== "" && to !== "", placeholderData: keepPreviousData },
  );
  return (
    <div className="stack">
      <Card title="Convert" hint="nothing is booked">
        <div className="converter">
          <Entry
            name="amount"
            label="Amount"
            byDefault="100"
            error={amountForm.test(amount.trim()) ? "" : "An exact number with a point."}
          />
          <Choice name="from" label="From" byDefault={codes[0] ?? ""} options={asOptions(codes)} />
          <Choice name="to" label="To" byDefault={codes[1] ?? ""} options={asOptions(codes)} />
          <Entry
            name="digits"
            label="Digits"
            byDefault=""
            placeholder="the currency's own"
            error={isValid || !amountForm.test(amount.trim()) ? "" : "0 to 18."}
          />
          <Choice
            name="mode"
            label="Rounding"
            byDefault={String(RoundingMode.HALF_EVEN)}
            options={enumOptions(RoundingModeSchema)}
          />
        </div>
      </Card>
      {isValid ? (
        <Loaded from={found}>
          {({ conversion }) => conversion && <Result of={conversion} amount={amount.trim()} />}
        </Loaded>
      ) : (
        <Card>
          <EmptyState title="Enter an amount" icon="exchange" />
        </Card>
      )}
    </div>
  );
}

function asOptions(codes: readonly string[]) {
  return codes.map((code) => [code, code] as const);
}

function Entry({
  name,
  label,
  byDefault,
  placeholder,
  error,
}: {
  name: string;
  label: string;
  byDefault: string;
  placeholder?: string;
  error: string;
}) {
  const [value, setValue] = useUrlState(name, byDefault);
  return (
    <TextField
      label={label}
      name={name}
      inputMode="decimal"
      placeholder={placeholder}
      error={error}
      value={value}
      onChange={(event) => setValue(event.target.value)}
    />
  );
}

function Choice({
  name,
  label,
  byDefault,
  options,
}: {
  name: string;
  label: string;
  byDefault: string;
  options: ReadonlyArray<readonly [string, string]>;
}) {
  const [value, setValue] = useUrlState(name, byDefault);
  return (
    <SelectField
      label={label}
      name={name}
      options={options}
      value={value}
      onChange={(event) => setValue(event.target.value)}
    />
  );
}

function Result({ of, amount }: { of: Conversion; amount: string }) {
  const { rate, rateInForce, converted, unroundedAmount, unroundedIsExact } = of;
  if (rate === undefined) return null;
  const currencyCode = converted?.currencyCode ?? rate.toCurrency;
  return (
    <div className="columns">
      <Card title="Result">
        <p className="converted" aria-live="polite">
          <Money of={converted} />
        </p>
        <Facts
          of={[
            ["Before rounding", <RateFigure key="unrounded" of={unroundedAmount} />],
            ["Those digits", unroundedIsExact ? "are exact" : "do not end: only the fraction is exact"],
            [
              "Exact fraction",
              <code key="fraction" className="fraction">
                {exactResult(rate, amount)}
              </code>,
            ],
            ["Currency", currencyCode],
          ]}
        />
      </Card>
      <Card title="By this rate">
        <RateSteps rate={rate} />
        <Facts
          of={[
            ["Comes about", rateInForce && kindText(rateInForce.kind)],
            ["Source", providerText(rate)],
            ["Published", <TimeAt key="published" at={rate.publishedAt} />],
            [
              "Usable until",
              rateInForce?.usableUntil ? <TimeAt key="until" at={rateInForce.usableUntil} /> : "without end",
            ],
          ]}
        />
      </Card>
    </div>
  );
}
