import { setImmediate as nextTurn } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { SimulatedLineSchema, SimulationTotalSchema } from "#gen/billing/pricing/v1/calculation_pb.ts";
import type { AccountUsage, SimulatePriceRequest } from "#gen/billing/pricing/v1/calculation_rpc_pb.ts";
import type { PricingService } from "#gen/billing/pricing/v1/pricing_service_pb.ts";
import type { Usage as UsageMessage } from "#gen/billing/type/v1/usage_pb.ts";
import { Decimal } from "#money/decimal.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { Call } from "#platform/rpc/call.ts";
import type { UnaryHandler } from "#platform/rpc/handlers.ts";
import type { LiveCatalogue } from "../domain/catalogue/live-catalogue.ts";
import { PricingError } from "../domain/pricing-error.ts";
import type { ReadAccountUsage } from "../peers/account-usage.ts";
import { resultOf } from "./calculation.ts";
import type { FeedParts } from "./feed-parts.ts";
import { readUsage } from "./read-usage.ts";
import { type Pricers, pricersOf, type SimulatedUsage } from "./simulation-pricers.ts";

type Methods = (typeof PricingService)["method"];
type LineInit = MessageInitShape<typeof SimulatedLineSchema>;
type ResultInit = NonNullable<ReturnType<typeof resultOf>>;

/** Lines priced before other calls get their turn. */
const linesPerTurn = 100;
const dayMs = 86_400_000;
const defaultSpanMs = 7 * dayMs;
const longestSpanMs = 92 * dayMs;
const defaultLines = 1_000;

/** Prices usage as it is and as it would be. */
export function simulatePriceHandler(
  feeds: FeedParts,
  readAccountUsage: ReadAccountUsage,
): UnaryHandler<Methods["simulatePrice"]> {
  const { catalogue } = feeds;
  return async (request, call) => {
    // What is wrong with the request is said before Core is asked.
    const pricers = await pricersOf(feeds, request);
    const { usages, truncated } = await readUsages(catalogue, request, readAccountUsage, call);
    const concerned = usages.filter(({ usage }) => pricers.concerns(usage.priceId));
    await pricers.prepare(concerned);
    const lines: LineInit[] = [];
    const sums = new Totals();
    for (const [index, each] of concerned.entries()) {
      if (index > 0 && index % linesPerTurn === 0) {
        await nextTurn();
        call.signal.throwIfAborted();
      }
      lines.push(simulateLine(pricers, each, sums));
    }
    return {
      lines,
      totals: sums.write(),
      baselineErrorCount: lines.filter(({ baseline }) => baseline?.result?.case === "error").length,
      candidateErrorCount: lines.filter(({ candidate }) => candidate?.result?.case === "error").length,
      truncated,
    };
  };
}

function simulateLine(pricers: Pricers, each: SimulatedUsage, sums: Totals): LineInit {
  const baseline = resultOf(() => pricers.baseline(each)) as ResultInit;
  const candidate = resultOf(() => pricers.candidate(each)) as ResultInit;
  const { message: usage, transactionId } = each;
  return { usage, transactionId, baseline, candidate, difference: sums.add(baseline, candidate) };
}

/** The usage to price, given or recorded. */
async function readUsages(
  catalogue: LiveCatalogue,
  { usageSource, baseline }: SimulatePriceRequest,
  readAccountUsage: ReadAccountUsage,
  call: Call,
): Promise<{ readonly usages: readonly SimulatedUsage[]; readonly truncated: boolean }> {
  if (usageSource.case === "givenUsage") {
    const nowMs = catalogue.now();
    const usages = usageSource.value.usages.map((message, index) =>
      simulated(message, `given_usage.usages[${index}]`, nowMs, "", ""),
    );
    return { usages, truncated: false };
  }
  if (usageSource.case !== "accountUsage") throw invalidField("usage_source", "is required");
  const query = { ...spanOf(usageSource.value, catalogue.now()), withVersions: baseline.case === undefined };
  const { usages, isTruncated } = await readAccountUsage(query, call);
  return {
    usages: usages.map(({ usage, transactionId, atMs, versionId }, index) =>
      simulated(usage, `usages[${index}]`, atMs, transactionId, versionId),
    ),
    truncated: isTruncated,
  };
}

function simulated(
  message: UsageMessage,
  field: string,
  atMs: number,
  transactionId: string,
  chargedVersion: string,
): SimulatedUsage {
  const usage = readUsage(message, field, atMs);
  return { message, usage: transactionId === "" ? usage : { ...usage, atMs }, transactionId, chargedVersion };
}

/** @throws PricingError TIME_OUT_OF_RANGE */
function spanOf({ accountId, from, to, priceId, maxLines }: AccountUsage, nowMs: number) {
  const toMs = to === undefined ? nowMs : timestampMs(to);
  const fromMs = from === undefined ? toMs - defaultSpanMs : timestampMs(from);
  if (fromMs >= toMs)
    throw new PricingError("TIME_OUT_OF_RANGE", "account_usage.from must lie before account_usage.to");
  if (toMs - fromMs > longestSpanMs)
    throw new PricingError(
      "TIME_OUT_OF_RANGE",
      "account_usage.to lies more than 92 days after account_usage.from",
    );
  return { accountId, fromMs, toMs, priceId, maxLines: maxLines === 0 ? defaultLines : maxLines };
}

interface Sum {
  baseline: Decimal;
  candidate: Decimal;
  lines: number;
}

/** Sums by currency, over the lines that both prices could calculate. */
class Totals {
  readonly #sums = new Map<string, Sum>();

  /** Adds a line. @returns candidate − baseline; empty where it cannot be told */
  add({ result: baseline }: ResultInit, { result: candidate }: ResultInit): string {
    if (baseline?.case !== "priced" || candidate?.case !== "priced") return "";
    const { currencyCode = "", exactTotal: before = "0" } = baseline.value;
    const { exactTotal: after = "0" } = candidate.value;
    if (candidate.value.currencyCode !== currencyCode) return "";
    const sum = this.#sums.get(currencyCode) ?? { baseline: Decimal.zero, candidate: Decimal.zero, lines: 0 };
    this.#sums.set(currencyCode, sum);
    const [was, is] = [Decimal.parse(before), Decimal.parse(after)];
    sum.baseline = sum.baseline.add(was);
    sum.candidate = sum.candidate.add(is);
    sum.lines += 1;
    return is.subtract(was).toString();
  }

  write(): Array<MessageInitShape<typeof SimulationTotalSchema>> {
    return [...this.#sums]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([currencyCode, { baseline, candidate, lines }]) => ({
        currencyCode,
        baselineTotal: baseline.toString(),
        candidateTotal: candidate.toString(),
        difference: candidate.subtract(baseline).toString(),
        lineCount: lines,
      }));
  }
}
