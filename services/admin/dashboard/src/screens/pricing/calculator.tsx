import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { useId } from "react";
import { useSearchParams } from "wouter";
import type { Price } from "#gen/billing/pricing/v1/price_pb.ts";
import { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { LineItem, PricedUsage } from "#gen/billing/type/v1/priced_usage_pb.ts";
import { compareDecimals, formatNumber } from "../../data/exact.ts";
import { titleOf } from "../../data/failure.ts";
import { searchWith } from "../../data/url-state.ts";
import { Card } from "../../design/card.tsx";
import { TextField } from "../../design/field.tsx";
import { Money } from "../../design/money.tsx";
import { EmptyState, Loaded } from "../../design/states.tsx";
import { type Column, Table } from "../../design/table.tsx";
import { TimeAt } from "../../design/time.tsx";
import "./pricing.css";
import { inWords } from "./terms/describe-conditions.ts";
import { describeUnitPrice } from "./terms/describe-model.ts";
import { attributesOf, metersOf } from "./terms/usage-form.ts";

const quantityForm = /^[0-9]{1,18}([.][0-9]{1,18})?$/;

/** What a usage would cost, line by line. The address keeps the usage, so that a calculation can be linked. */
export function Calculator({ price }: { price: Price }) {
  const [parameters] = useSearchParams();
  const terms = price.version?.terms;
  const book = parameters.get("book") ?? "";
  const version = parameters.get("version") ?? "";
  const entered = (prefix: string, names: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = (parameters.get(`${prefix}.${name}`) ?? "").trim();
        return value === "" ? [] : [[name, value] as const];
      }),
    );
  const meters = terms ? metersOf(terms) : [];
  const attributes = terms ? attributesOf(terms) : [];
  const quantities = entered("q", meters);
  const isValid = Object.values(quantities).every((value) => quantityForm.test(value));
  const hasEntry = Object.keys(quantities).length > 0;
  const found = useQuery(
    PricingService.method.calculatePrice,
    {
      usage: {
        priceId: price.priceId,
        quantities,
        attributes: entered(
          "a",
          attributes.map(({ name }) => name),
        ),
      },
      selector:
        version === "" ? { case: "priceBook", value: book } : { case: "priceVersion", value: version },
    },
    { enabled: isValid && hasEntry, placeholderData: keepPreviousData },
  );
  return (
    <div className="stack">
      <Card title="Usage" hint="nothing is charged">
        <div className="calculator">
          {meters.map((meter) => (
            <Entry key={meter} name={`q.${meter}`} label={titleOf(meter)} isNumber />
          ))}
          {attributes.map(({ name, values }) => (
            <Entry key={name} name={`a.${name}`} label={titleOf(name)} choices={values} />
          ))}
        </div>
      </Card>
      {hasEntry && isValid ? (
        <Loaded from={found}>{({ priced }) => priced && <Result priced={priced} />}</Loaded>
      ) : (
        <Card>
          <EmptyState title="Enter what was used" icon="pricing">
            The cost appears with every line that leads to it, exact to the last digit.
          </EmptyState>
        </Card>
      )}
    </div>
  );
}

function Entry({
  name,
  label,
  choices = [],
  isNumber = false,
}: {
  name: string;
  label: string;
  choices?: readonly string[];
  isNumber?: boolean;
}) {
  const [parameters, setParameters] = useSearchParams();
  const listId = useId();
  const value = parameters.get(name) ?? "";
  const isWrong = isNumber && value.trim() !== "" && !quantityForm.test(value.trim());
  return (
    <div>
      <TextField
        label={label}
        name={name}
        inputMode={isNumber ? "decimal" : "text"}
        placeholder={isNumber ? "0" : "not stated"}
        list={choices.length > 0 ? listId : undefined}
        value={value}
        error={isWrong ? "A number with a point, not negative." : ""}
        onChange={(event) =>
          setParameters(searchWith(parameters, { [name]: event.target.value || undefined }).slice(1), {
            replace: true,
          })
        }
      />
      {choices.length > 0 && (
        <datalist id={listId}>
          {choices.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
    </div>
  );
}

function Result({ priced }: { priced: PricedUsage }) {
  const { currencyCode, exactTotal, lineItems } = priced;
  const rows = lineItems.map((item, index) => ({ ...item, index, currencyCode }));
  return (
    <Card
      flush
      title="What it costs"
      hint={
        <>
          version <span className="mono">{priced.priceVersion}</span>, as of <TimeAt at={priced.at} brief />
        </>
      }
    >
      <Table
        label="Line items"
        columns={columns}
        rows={rows}
        keyOf={({ index }) => String(index)}
        empty={<EmptyState title="No line: it costs nothing" icon="pricing" />}
      />
      <p className="total">
        <span>Exact total</span>
        <Money of={{ currencyCode, amount: exactTotal }} />
      </p>
    </Card>
  );
}

type Row = Omit<LineItem, "$typeName" | "$unknown"> & {
  readonly index: number;
  readonly currencyCode: string;
};

const columns: ReadonlyArray<Column<Row>> = [
  {
    id: "what",
    title: "Line",
    cell: ({ description, meter }) => description || inWords(meter),
  },
  {
    id: "quantity",
    title: "Quantity",
    align: "right",
    isMinor: true,
    compare: (left, right) => compareDecimals(left.quantity, right.quantity),
    cell: ({ quantity }) => (quantity ? formatNumber(quantity) : "–"),
  },
  {
    id: "price",
    title: "Price",
    align: "right",
    isMinor: true,
    cell: ({ unitPrice, per, currencyCode }) =>
      unitPrice ? describeUnitPrice(unitPrice, per, currencyCode) : "–",
  },
  {
    id: "amount",
    title: "Amount",
    align: "right",
    compare: (left, right) => compareDecimals(left.amount, right.amount),
    cell: ({ amount, currencyCode }) => <Money of={{ currencyCode, amount }} />,
  },
];
