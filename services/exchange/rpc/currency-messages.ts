import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { CurrencyKind, type CurrencySchema, CurrencyState } from "#gen/billing/exchange/v1/currency_pb.ts";
import { optional } from "#platform/rpc/optional.ts";
import type { KnownCurrency } from "../domain/currencies/currency-directory.ts";

const kindNumbers = { iso: CurrencyKind.ISO, custom: CurrencyKind.CUSTOM } as const;

/** A currency as the contract says it. */
export function currencyMessage(currency: KnownCurrency): MessageInitShape<typeof CurrencySchema> {
  return {
    currencyCode: currency.code,
    displayName: currency.name,
    symbol: currency.symbol,
    kind: kindNumbers[currency.kind],
    state: currency.active ? CurrencyState.ACTIVE : CurrencyState.INACTIVE,
    numericCode: currency.numericCode,
    minorDigits: currency.minorDigits,
    ledgerScale: currency.ledgerScale,
    base: currency.base,
    guard: { ...currency.guard },
    costBases: currency.costBases.toReversed().map(({ referenceCurrency, value, effectiveFromMs }) => ({
      referenceCurrency,
      value,
      effectiveFrom: timestampFromMs(effectiveFromMs),
    })),
    configVersion: BigInt(currency.configVersion),
    ...optional("createdAt", currency.createdAtMs, timestampFromMs),
    ...optional("updatedAt", currency.updatedAtMs, timestampFromMs),
    ...optional("deactivatedAt", currency.deactivatedAtMs, timestampFromMs),
  };
}
