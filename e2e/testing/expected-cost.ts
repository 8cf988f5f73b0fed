/**
 * What usage should cost, computed from the files that the services ship with and nothing else of theirs.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const services = join(import.meta.dirname, "../../services");
const catalogue = JSON.parse(
  readFileSync(join(services, "pricing/bundled/litellm-2026-08-06.json"), "utf8"),
) as {
  currencyCode: string;
  per: number;
  prices: Record<string, { rates: Record<string, string | { standard: string }> }>;
};
const [header = "", newest = ""] = readFileSync(join(services, "exchange/bundled/ecb-2026-04-13.csv"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

/** Dollars for one euro as the ECB published it last, in its own digits. */
export const dollarsPerEuro: string = newest.split(",")[header.split(",").indexOf("USD")] ?? "";

/** The published day of that rate. */
export const rateDay: string = newest.split(",")[0] ?? "";

/** Digits of the ledger for both currencies: their two, and six more. */
const ledgerDigits = 8;

/** An exact fraction. */
type Fraction = readonly [numerator: bigint, denominator: bigint];

/** The whole units of 10⁻⁸ that the usage costs in the currency: converted exactly, rounded up once. */
export function costAtoms(
  priceId: string,
  quantities: Readonly<Record<string, string>>,
  currency: "USD" | "EUR",
): bigint {
  const [dollars, below] = costInDollars(priceId, quantities);
  const [rate, rateBelow] = currency === "USD" ? ([1n, 1n] as const) : fractionOf(dollarsPerEuro);
  const numerator = dollars * rateBelow * 10n ** BigInt(ledgerDigits);
  const denominator = below * rate;
  return (numerator + denominator - 1n) / denominator;
}

/** The exact cost in dollars, as a decimal: all published prices end. */
export function exactDollars(priceId: string, quantities: Readonly<Record<string, string>>): string {
  const [numerator, denominator] = costInDollars(priceId, quantities);
  const digits = 30;
  const scaled = numerator * 10n ** BigInt(digits);
  if (scaled % denominator !== 0n) throw new RangeError("the cost has no end");
  return decimalOf(scaled / denominator, digits);
}

function costInDollars(priceId: string, quantities: Readonly<Record<string, string>>): Fraction {
  const rates = catalogue.prices[priceId]?.rates ?? {};
  if (catalogue.currencyCode !== "USD") throw new Error("the catalogue is not in dollars");
  return Object.entries(quantities).reduce<Fraction>(
    ([sum, below], [meter, quantity]) => {
      const rate = rates[meter];
      if (rate === undefined) throw new Error(`${priceId} has no price for ${meter}`);
      const [price, priceBelow] = fractionOf(typeof rate === "string" ? rate : rate.standard);
      const partBelow = priceBelow * BigInt(catalogue.per);
      return [sum * partBelow + BigInt(quantity) * price * below, below * partBelow];
    },
    [0n, 1n],
  );
}

function fractionOf(decimal: string): Fraction {
  const [whole = "", fraction = ""] = decimal.split(".");
  return [BigInt(whole + fraction), 10n ** BigInt(fraction.length)];
}

/** Units of 10⁻⁸ as the contract writes amounts: no zeros at the end. */
export function amountOf(atoms: bigint): string {
  return decimalOf(atoms, ledgerDigits);
}

/** Units of 10⁻⁸ of an amount in the contract's form. */
export function atomsOf(amount: string): bigint {
  const [whole = "", fraction = ""] = amount.replace("-", "").split(".");
  const atoms = BigInt(whole + fraction.padEnd(ledgerDigits, "0"));
  return amount.startsWith("-") ? -atoms : atoms;
}

function decimalOf(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, "0");
  const whole = text.slice(0, -digits);
  const fraction = text.slice(-digits).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
