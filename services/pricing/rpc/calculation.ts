import { setImmediate as nextTurn } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { CalculationResultSchema } from "#gen/billing/pricing/v1/calculation_pb.ts";
import type { CalculatePriceRequest, CalculationLine } from "#gen/billing/pricing/v1/calculation_rpc_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { PricedUsageSchema } from "#gen/billing/type/v1/priced_usage_pb.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { UnaryHandler } from "#platform/rpc/handlers.ts";
import type { Catalogue, PriceSelector } from "../domain/catalogue.ts";
import { calculatePrice } from "../domain/engine/calculate-price.ts";
import type { Usage } from "../domain/engine/usage.ts";
import { defaultPriceBook } from "../domain/price.ts";
import { readUsage } from "./read-usage.ts";

type PricedUsageInit = MessageInitShape<typeof PricedUsageSchema>;
type ResultInit = MessageInitShape<typeof CalculationResultSchema>;
type Methods = (typeof PricingService)["method"];

/** Lines priced before other calls get their turn. */
const linesPerTurn = 500;

/** Usage and where its price is found. */
interface Line {
  readonly usage: Usage;
  readonly selector: PriceSelector;
}

/** Prices one usage. */
export function calculatePriceHandler(catalogue: Catalogue): UnaryHandler<Methods["calculatePrice"]> {
  return (request) => {
    const nowMs = Date.now();
    return { priced: price(catalogue, readLine(request, "", nowMs)) };
  };
}

/** Prices many, each on its own. */
export function calculatePricesHandler(catalogue: Catalogue): UnaryHandler<Methods["calculatePrices"]> {
  return async ({ lines }, call) => {
    const nowMs = Date.now();
    // All are read before the first is priced, so that a line that breaks the contract refuses the request.
    const read = lines.map((line, index) => readLine(line, `lines[${index}].`, nowMs));
    const results: ResultInit[] = [];
    for (const [index, line] of read.entries()) {
      if (index > 0 && index % linesPerTurn === 0) {
        await nextTurn();
        call.signal.throwIfAborted();
      }
      results.push(priceLine(catalogue, line));
    }
    return { results };
  };
}

function readLine(line: CalculatePriceRequest | CalculationLine, path: string, nowMs: number): Line {
  const usage = readUsage(line.usage, `${path}usage`, nowMs);
  const { selector } = line;
  return {
    usage,
    selector:
      selector.case === "priceVersion"
        ? { kind: "version", versionId: selector.value }
        : {
            kind: "book",
            priceBook: selector.case === "priceBook" ? selector.value : "",
            atMs: usage.atMs,
          },
  };
}

function priceLine(catalogue: Catalogue, line: Line): ResultInit {
  try {
    return { result: { case: "priced", value: price(catalogue, line) } };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { reason, message, metadata } = error;
    return { result: { case: "error", value: { reason, message, metadata: { ...metadata } } } };
  }
}

function price(catalogue: Catalogue, { usage, selector }: Line): PricedUsageInit {
  const { version } = catalogue.select(usage.priceId, selector);
  const { total, lines } = calculatePrice(version.terms, usage);
  return {
    priceId: usage.priceId,
    priceVersion: version.versionId,
    priceBook: defaultPriceBook,
    currencyCode: version.terms.currencyCode,
    exactTotal: total.toString(),
    lineItems: lines.map((line) => ({
      meter: line.meter,
      quantity: line.quantity.toString(),
      unitPrice: line.unitPrice?.toString() ?? "",
      per: line.per.toString(),
      amount: line.amount.toString(),
      description: line.description,
    })),
    at: timestampFromMs(usage.atMs),
  };
}
