/**
 * What pricing costs: the price engine against decimal.js, which does the same sums, in one run. The sums alone
 * compare the arithmetic; the whole calculation also finds the rates that apply, bills each unit once and says
 * every line in words.
 */
import { Decimal as DecimalJs } from "decimal.js";
import { Decimal } from "#money/decimal.ts";
import { calculatePrice } from "../services/pricing/domain/engine/calculate-price.ts";
import { divideExactly } from "../services/pricing/domain/engine/exact-division.ts";
import type { Usage } from "../services/pricing/domain/engine/usage.ts";
import { termsOfTokenRates } from "../services/pricing/domain/token-rates.ts";

const secondsPerMeasure = 1;
const rounds = 3;
const usages = 1_000;

/** What is priced: tokens with cached and reasoning parts, at three rates. */
const rates = { input_tokens: "2.5", cached_input_tokens: "1.25", output_tokens: "10" } as const;
const per = "1000000";
const meters = Object.keys(rates) as Array<keyof typeof rates>;
type Tokens = Readonly<Record<keyof typeof rates, string>>;

const samples: readonly Tokens[] = Array.from({ length: usages }, (_, index) => ({
  input_tokens: String(1_000 + index * 7),
  cached_input_tokens: String(index * 3),
  output_tokens: String(200 + index),
}));

/** Each unit is billed once: the plain part of the input is what is not cached. */
function billed(tokens: Tokens, meter: keyof typeof rates): [whole: string, less: string] {
  return meter === "input_tokens" ? [tokens.input_tokens, tokens.cached_input_tokens] : [tokens[meter], "0"];
}

const ourRates = meters.map((meter) => [meter, Decimal.parse(rates[meter])] as const);
const ourPer = Decimal.parse(per);

function sumOurs(tokens: Tokens): string {
  let total = Decimal.zero;
  for (const [meter, rate] of ourRates) {
    const [whole, less] = billed(tokens, meter);
    const quantity = Decimal.parse(whole).subtract(Decimal.parse(less));
    total = total.add(divideExactly(quantity.multiply(rate), ourPer));
  }
  return total.toString();
}

// As many digits as an exact total may have.
const Exact = DecimalJs.clone({ precision: 61, toExpNeg: -40, toExpPos: 40 });
const theirRates = meters.map((meter) => [meter, new Exact(rates[meter])] as const);
const theirPer = new Exact(per);

function sumTheirs(tokens: Tokens): string {
  let total = new Exact(0);
  for (const [meter, rate] of theirRates) {
    const [whole, less] = billed(tokens, meter);
    total = total.plus(new Exact(whole).minus(less).times(rate).div(theirPer));
  }
  return total.toString();
}

const terms = termsOfTokenRates(
  "USD",
  per,
  Object.fromEntries(meters.map((meter) => [meter, { standard: rates[meter] }])),
);

function calculate(tokens: Tokens): string {
  const usage: Usage = {
    priceId: "bench/tokens",
    quantities: new Map(meters.map((meter) => [meter, Decimal.parse(tokens[meter])])),
    attributes: new Map(),
    events: [],
    priorQuantities: new Map(),
    priorBilled: Decimal.zero,
    atMs: 0,
    endedAtMs: undefined,
  };
  return calculatePrice(terms, usage).total.toString();
}

/** Calls per second, over all samples in turn. */
function measure(price: (tokens: Tokens) => string): number {
  const beginMs = performance.now();
  const endMs = beginMs + secondsPerMeasure * 1_000;
  let calls = 0;
  while (performance.now() < endMs) {
    for (const tokens of samples) price(tokens);
    calls += samples.length;
  }
  return (calls * 1_000) / (performance.now() - beginMs);
}

const contestants = [
  { name: "decimal.js, the sums alone", price: sumTheirs },
  { name: "Holdfast, the sums alone", price: sumOurs },
  { name: "Holdfast, whole and explained", price: calculate },
] as const;

for (const tokens of samples) {
  const expected = sumTheirs(tokens);
  for (const { name, price } of contestants) {
    if (price(tokens) !== expected) throw new Error(`${name} comes to ${price(tokens)}, not ${expected}`);
  }
}
const best = new Map<string, number>();
// In turns, so that a busy moment of the machine meets all alike; the best of each counts.
for (let round = 0; round < rounds; round++) {
  for (const { name, price } of contestants) best.set(name, Math.max(best.get(name) ?? 0, measure(price)));
}
const reference = best.get(contestants[0].name) ?? 1;
process.stdout.write(
  `Pricing a usage of three rates, one thread; calculations/s (ratio to decimal.js), equal results\n\n`,
);
for (const [name, perSecond] of best) {
  process.stdout.write(
    `${name.padEnd(30)}${`${perSecond.toFixed(0)} (${(perSecond / reference).toFixed(2)})`.padStart(20)}\n`,
  );
}
