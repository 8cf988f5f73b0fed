import type { DescExtension, DescField, DescMessage, Message, Registry } from "@bufbuild/protobuf";
import { createRegistry, type DescFile, getExtension, hasExtension, isFieldSet } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";

/**
 * Prints the .proto source of a descriptor.
 *
 * `buf/validate/validate.proto` is published as text in no npm package, only as the descriptor inside
 * @bufbuild/protovalidate, while buf wants the text to resolve imports. The printer covers what that file
 * uses (proto2 extensions, oneofs, maps, custom options), not the whole language.
 */
export function printProto(file: DescFile): string {
  const proto = file.proto;
  const printer = new Printer(createRegistry(file, ...file.dependencies), proto.syntax || "proto2");
  printer.line("// Printed from the descriptor in an npm package. Do not edit.");
  printer.line(`syntax = ${quote(proto.syntax || "proto2")};`);
  printer.line(`package ${proto.package};`);
  for (const dependency of proto.dependency) printer.line(`import ${quote(dependency)};`);
  for (const enumeration of proto.enumType) printer.enumeration(enumeration);
  for (const message of proto.messageType) printer.message(message);
  printer.extensions(proto.extension);
  return printer.text();
}

const scalarNames: Partial<Record<Type, string>> = {
  [Type.DOUBLE]: "double",
  [Type.FLOAT]: "float",
  [Type.INT64]: "int64",
  [Type.UINT64]: "uint64",
  [Type.INT32]: "int32",
  [Type.FIXED64]: "fixed64",
  [Type.FIXED32]: "fixed32",
  [Type.BOOL]: "bool",
  [Type.STRING]: "string",
  [Type.BYTES]: "bytes",
  [Type.UINT32]: "uint32",
  [Type.SFIXED32]: "sfixed32",
  [Type.SFIXED64]: "sfixed64",
  [Type.SINT32]: "sint32",
  [Type.SINT64]: "sint64",
};

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

class Printer {
  readonly #lines: string[] = [];
  #depth = 0;
  readonly #registry: Registry;
  readonly #syntax: string;

  constructor(registry: Registry, syntax: string) {
    this.#registry = registry;
    this.#syntax = syntax;
  }

  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  line(text: string): void {
    this.#lines.push("  ".repeat(this.#depth) + text);
  }

  #block(head: string, body: () => void): void {
    this.line(`${head} {`);
    this.#depth++;
    body();
    this.#depth--;
    this.line("}");
  }

  enumeration(proto: EnumDescriptorProto): void {
    this.#block(`enum ${proto.name}`, () => {
      if (proto.options?.allowAlias) this.line("option allow_alias = true;");
      for (const value of proto.value) this.line(`${value.name} = ${value.number};`);
    });
  }

  message(proto: DescriptorProto): void {
    this.#block(`message ${proto.name}`, () => {
      for (const option of this.#customOptions(proto.options, "google.protobuf.MessageOptions")) {
        this.line(`option ${option};`);
      }
      for (const { start, end } of proto.reservedRange) this.line(`reserved ${start} to ${end - 1};`);
      for (const name of proto.reservedName) this.line(`reserved ${quote(name)};`);
      for (const { start, end } of proto.extensionRange) {
        this.line(`extensions ${start} to ${end === 536870912 ? "max" : end - 1};`);
      }
      for (const enumeration of proto.enumType) this.enumeration(enumeration);
      for (const nested of proto.nestedType) if (!nested.options?.mapEntry) this.message(nested);
      this.#fields(proto);
      this.extensions(proto.extension);
    });
  }

  extensions(list: FieldDescriptorProto[]): void {
    for (const extension of list) {
      this.#block(`extend ${extension.extendee}`, () => this.#field(extension, undefined, false));
    }
  }

  #fields(message: DescriptorProto): void {
    const printedOneofs = new Set<number>();
    for (const field of message.field) {
      const oneof = oneofOf(field);
      if (oneof === undefined) {
        this.#field(field, message, false);
      } else if (!printedOneofs.has(oneof)) {
        printedOneofs.add(oneof);
        this.#oneof(message, oneof);
      }
    }
  }

  #oneof(message: DescriptorProto, index: number): void {
    const declaration = message.oneofDecl[index];
    this.#block(`oneof ${declaration?.name}`, () => {
      for (const option of this.#customOptions(declaration?.options, "google.protobuf.OneofOptions")) {
        this.line(`option ${option};`);
      }
      for (const field of message.field) if (oneofOf(field) === index) this.#field(field, message, true);
    });
  }

  #field(field: FieldDescriptorProto, message: DescriptorProto | undefined, inOneof: boolean): void {
    const options = this.#fieldOptions(field);
    const tail = `${field.name} = ${field.number}${options.length > 0 ? ` [${options.join(", ")}]` : ""};`;
    const entry = message?.nestedType.find(
      (nested) => nested.options?.mapEntry && field.typeName.endsWith(`.${message.name}.${nested.name}`),
    );
    const [key, value] = entry?.field ?? [];
    const declared =
      key && value
        ? `map<${typeName(key)}, ${typeName(value)}>`
        : `${inOneof ? "" : this.#label(field)}${typeName(field)}`;
    this.line(`${declared} ${tail}`);
  }

  #label(field: FieldDescriptorProto): string {
    if (field.label === Label.REPEATED) return "repeated ";
    if (this.#syntax === "proto2") return field.label === Label.REQUIRED ? "required " : "optional ";
    return field.proto3Optional ? "optional " : "";
  }

  #fieldOptions(field: FieldDescriptorProto): string[] {
    const options: string[] = [];
    if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue)) {
      options.push(
        `default = ${field.type === Type.STRING ? quote(field.defaultValue) : field.defaultValue}`,
      );
    }
    if (field.options?.deprecated) options.push("deprecated = true");
    return [...options, ...this.#customOptions(field.options, "google.protobuf.FieldOptions")];
  }

  #customOptions(options: Message | undefined, optionsType: string): string[] {
    if (!options) return [];
    const printed: string[] = [];
    for (const type of this.#registry) {
      if (type.kind !== "extension" || type.extendee.typeName !== optionsType) continue;
      if (!hasExtension(options, type)) continue;
      printed.push(`(${type.typeName}) = ${extensionValue(type, getExtension(options, type))}`);
    }
    return printed;
  }
}

function oneofOf(field: FieldDescriptorProto): number | undefined {
  return isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) && !field.proto3Optional
    ? field.oneofIndex
    : undefined;
}

function typeName(field: FieldDescriptorProto): string {
  return scalarNames[field.type] ?? field.typeName;
}

function extensionValue(extension: DescExtension, value: unknown): string {
  if (extension.message) return aggregate(extension.message, value as Message);
  return typeof value === "string" ? quote(value) : String(value);
}

/** The protobuf text format of a message, on one line. */
function aggregate(schema: DescMessage, message: Message): string {
  const reflected = reflect(schema, message);
  const parts: string[] = [];
  for (const field of reflected.fields) {
    if (!reflected.isSet(field)) continue;
    const value = reflected.get(field) as unknown;
    const items = field.fieldKind === "list" ? [...(value as Iterable<unknown>)] : [value];
    for (const item of items) parts.push(`${field.name}: ${fieldValue(field, item)}`);
  }
  return `{ ${parts.join(", ")} }`;
}

function fieldValue(field: DescField, value: unknown): string {
  if (field.message) return aggregate(field.message, (value as { message: Message }).message);
  if (field.enum) return field.enum.value[value as number]?.name ?? String(value);
  return typeof value === "string" ? quote(value) : String(value);
}
