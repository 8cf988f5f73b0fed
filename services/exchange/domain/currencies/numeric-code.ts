import { code as findIsoEntry } from "currency-codes";

/** Codes that ISO 4217 added after the package's table. */
const addedNumericCodes: Readonly<Record<string, string>> = { XCG: "532", XAD: "396" };

/** The three digits that ISO 4217 gives to an active code; empty for any other. */
export function numericCodeOf(code: string): string {
  return addedNumericCodes[code] ?? findIsoEntry(code)?.number ?? "";
}
