import type { DescEnum } from "@bufbuild/protobuf";
import { titleOf } from "./failure.ts";

/** A value of one of the contract's enums in words: "Hold expired". */
export function enumText(schema: DescEnum, value: number): string {
  const { name = "" } = schema.value[value] ?? {};
  const prefix = schema.sharedPrefix ?? "";
  return titleOf(name.slice(name.toLowerCase().startsWith(prefix) ? prefix.length : 0));
}
