import { parse } from "lossless-json";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { FeedError } from "./feed-error.ts";

const exponentForm = /^(-?)([0-9]+)(?:[.]([0-9]+))?[eE]([+-]?[0-9]{1,3})$/;

/**
 * A reader of JSON of one shape. Numbers come as the text that stands in the source, since a float would change
 * the digits; one with an exponent is written out.
 */
export function jsonReader<S extends TSchema>(schema: S): (text: string) => Static<S> {
  const validator = Compile(schema);
  return (text) => {
    let value: unknown;
    try {
      value = parse(text, null, { parseNumber: plainDigits });
    } catch (error) {
      throw new FeedError("the answer is not JSON", { cause: error });
    }
    if (validator.Check(value)) return value as Static<S>;
    const [fault] = validator.Errors(value);
    throw new FeedError(
      `the answer has another shape: ${fault?.instancePath || "/"} ${fault?.message ?? ""}`.trim(),
    );
  };
}

/** The digits of a JSON number without an exponent: 1.25e-3 is 0.00125. */
export function plainDigits(number: string): string {
  const [, sign = "", integer = "", fraction = "", exponent] = exponentForm.exec(number) ?? [];
  if (exponent === undefined) return number;
  const shift = Number(exponent);
  const digits = integer + fraction;
  const point = integer.length + shift;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + "0".repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
