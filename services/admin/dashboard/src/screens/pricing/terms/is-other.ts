import { compareDecimals } from "../../../data/exact.ts";

/** Whether a number of a price was stated and differs from the one that does nothing. */
export function isOther(text: string, neutral: string): boolean {
  return text !== "" && compareDecimals(text, neutral) !== 0;
}
