import type { DescEnum } from "@bufbuild/protobuf";
import type { GenEnum } from "@bufbuild/protobuf/codegenv2";
import { titleOf } from "./failure.ts";

/** A value of one of the contract's enums in words: "Hold expired". */
export function enumText(schema: DescEnum, value: number): string {
  const { name = "" } = schema.value[value] ?? {};
  const prefix = schema.sharedPrefix ?? "";
  return titleOf(name.slice(name.toLowerCase().startsWith(prefix) ? prefix.length : 0));
}

/** The values of an enum as choices of a select, those for "not stated" left out. */
export function enumOptions(schema: DescEnum): ReadonlyArray<readonly [value: string, text: string]> {
  return schema.values
    .filter(({ number }) => number !== 0)
    .map(({ number }) => [String(number), enumText(schema, number)] as const);
}

/** The value that a choice stands for; undefined if it stands for none. */
export function enumChoice<Value extends number>(schema: GenEnum<Value>, choice: string): Value | undefined {
  return schema.values.find(({ number }) => number !== 0 && String(number) === choice)?.number as
    | Value
    | undefined;
}
