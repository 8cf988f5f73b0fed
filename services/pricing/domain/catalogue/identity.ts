import { createHash } from "node:crypto";

const versionDigits = 20;
const changeDigits = 10;

/** A digest that tells calls apart: equal for the same values, whatever the order of their fields was. */
export function digestOf(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts, sortFields)).digest("hex");
}

/**
 * The id of a version made by one call: the same when the call is repeated, so that a repeat after a lost reply
 * makes no second one.
 */
export function versionIdFor(...occasion: readonly unknown[]): string {
  return `pv_${digestOf(...occasion).slice(0, versionDigits)}`;
}

/** The id of a book's change; short, since up to eight of them stand in the id of a version. */
export function changeIdFor(...occasion: readonly unknown[]): string {
  const number = BigInt(`0x${digestOf(...occasion).slice(0, 16)}`);
  return number.toString(36).padStart(changeDigits, "0").slice(-changeDigits);
}

function sortFields(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
