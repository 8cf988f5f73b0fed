import { setImmediate as nextTurn } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { CalculationResultSchema } from "#gen/billing/pricing/v1/calculation_pb.ts";
import type { CalculatePriceRequest, CalculationLine } from "#gen/billing/pricing/v1/calculation_rpc_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { PricedUsageSchema } from "#gen/billing/type/v1/priced_usage_pb.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import type { UnaryHandler } from "#platform/rpc/handlers.ts";
import type { LiveCatalogue } from "../domain/catalogue/live-catalogue.ts";
import type { PriceSelector, SelectedVersion } from "../domain/catalogue/select-price.ts";
import { calculatePrice } from "../domain/engine/calculate-price.ts";
import type { Usage } from "../domain/engine/usage.ts";
import { readUsage } from "./read-usage.ts";

type ResultInit = MessageInitShape<typeof CalculationResultSchema>;
type Methods = (typeof PricingService)["method"];

/** Lines priced before other calls get their turn. */
const linesPerTurn = 100;

/** Usage and where its price is found. */
interface Line {
  readonly usage: Usage;
  readonly selector: PriceSelector;
}

/** Prices one usage. */
export function calculatePriceHandler(catalogue: LiveCatalogue): UnaryHandler<Methods["calculatePrice"]> {
  return async (request) => {
    const { usage, selector } = readLine(request, "", catalogue.now());
    const selected =
      catalogue.trySelect(usage.priceId, selector) ?? (await catalogue.select(usage.priceId, selector));
    return { priced: writePriced(selected, usage) };
  };
}

/** Prices many, each on its own. */
export function calculatePricesHandler(catalogue: LiveCatalogue): UnaryHandler<Methods["calculatePrices"]> {
  return async ({ lines }, call) => {
    const nowMs = catalogue.now();
    // All are read before the first is priced, so that a line that breaks the contract refuses the request.
    const read = lines.map((line, index) => readLine(line, `lines[${index}].`, nowMs));
    const results: ResultInit[] = [];
    for (const [index, line] of read.entries()) {
      if (index > 0 && index % linesPerTurn === 0) {
        await nextTurn();
        call.signal.throwIfAborted();
      }
      results.push(priceLine(catalogue, line) ?? (await priceLineFromStore(catalogue, line)));
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

/** Undefined when the version must be read first. */
function priceLine(catalogue: LiveCatalogue, { usage, selector }: Line): ResultInit | undefined {
  return resultOf(() => {
    const selected = catalogue.trySelect(usage.priceId, selector);
    return selected && writePriced(selected, usage);
  });
}

async function priceLineFromStore(catalogue: LiveCatalogue, { usage, selector }: Line): Promise<ResultInit> {
  await catalogue.prefetch(usage.priceId, selector);
  const priced = resultOf(() => writePriced(catalogue.selectLoaded(usage.priceId, selector), usage));
  if (priced === undefined) throw new Error("a line came to nothing");
  return priced;
}

/** A result, or the refusal of a line in place of it. */
export function resultOf(
  price: () => MessageInitShape<typeof PricedUsageSchema> | undefined,
): ResultInit | undefined {
  try {
    const value = price();
    return value && { result: { case: "priced", value } };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { reason, message, metadata } = error;
    return { result: { case: "error", value: { reason, message, metadata: { ...metadata } } } };
  }
}

/** A usage priced by a version. @throws PricingError as `calculatePrice` */
export function writePriced(
  selected: SelectedVersion,
  usage: Usage,
): MessageInitShape<typeof PricedUsageSchema> {
  const { terms } = selected.terms;
  const { total, lines } = calculatePrice(terms, usage, selected.stages);
  return {
    priceId: usage.priceId,
    priceVersion: selected.versionId,
    priceBook: selected.priceBook,
    currencyCode: terms.currencyCode,
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
