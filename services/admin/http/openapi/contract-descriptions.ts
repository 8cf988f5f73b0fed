import { readFileSync } from "node:fs";
import type { DescEnum, DescField, DescMessage } from "@bufbuild/protobuf";

/** The comments of the contract by full name, made by `make generate`: descriptors at run time have none. */
const comments = JSON.parse(
  readFileSync(new URL("./contract-comments.json", import.meta.url), "utf8"),
) as Readonly<Record<string, string>>;

/** What a field is, in the contract's words, with the meaning of each value of an enum. */
export function describeField(field: DescField): string {
  const own = comments[`${field.parent.typeName}.${field.name}`] ?? "";
  return field.enum === undefined ? own : `${own}\n\n${describeValues(field.enum)}`;
}

/** What a message is, in the contract's words. */
export function describeMessage({ typeName }: DescMessage): string {
  return comments[typeName] ?? "";
}

function describeValues({ typeName, values }: DescEnum): string {
  return values.map(({ name }) => `- \`${name}\`: ${comments[`${typeName}.${name}`] ?? ""}`).join("\n");
}
