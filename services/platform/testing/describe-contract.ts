import {
  create,
  createFileRegistry,
  type DescEnum,
  type DescMessage,
  type DescService,
  type MessageInitShape,
  setExtension,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumValueDescriptorProto,
  EnumValueDescriptorProtoSchema,
  EnumValueOptionsSchema,
  type FieldDescriptorProto,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  type MethodDescriptorProto,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import {
  ErrorRuleSchema,
  error as errorOption,
  MethodRuleSchema,
  method as methodOption,
  type Owner,
  owner as ownerOption,
} from "#gen/billing/options/v1/options_pb.ts";

/** A field of a made-up message. */
export interface FieldPlan {
  /** `string`, `uint64`, or the name of another message of the same contract. */
  readonly type: string;
  readonly repeated?: boolean;
  /** A map from text to the type. */
  readonly map?: boolean;
  /** Name of the oneof that the field belongs to; a message may have one. */
  readonly oneof?: string;
  readonly owner?: Owner;
}

/** A made-up contract: messages by name, methods and error reasons with their rules. */
export interface ContractPlan {
  readonly messages?: Readonly<Record<string, Readonly<Record<string, FieldPlan>>>>;
  /** Methods of the service `Service`. */
  readonly methods?: Readonly<
    Record<string, { input: string; rule?: MessageInitShape<typeof MethodRuleSchema> }>
  >;
  /** Values of the enum `ErrorReason`, after the zero. */
  readonly reasons?: Readonly<Record<string, MessageInitShape<typeof ErrorRuleSchema> | undefined>>;
}

const packageName = "made.up";

/** Descriptors of a contract that no proto holds, for rules that real protos keep. */
export function describeContract(plan: ContractPlan) {
  const file = create(FileDescriptorProtoSchema, {
    name: "made/up.proto",
    package: packageName,
    syntax: "proto3",
    messageType: Object.entries(plan.messages ?? {}).map(([name, fields]) => toMessage(name, fields)),
    service: [
      {
        name: "Service",
        method: Object.entries(plan.methods ?? {}).map(([name, each]) => toMethod(name, each)),
      },
    ],
    enumType: [
      {
        name: "ErrorReason",
        value: [
          { name: "ERROR_REASON_UNSPECIFIED", number: 0 },
          ...Object.entries(plan.reasons ?? {}).map(([name, rule], index) => toValue(name, rule, index + 1)),
        ],
      },
    ],
  });
  const registry = createFileRegistry(file, () => undefined);
  return {
    message: (name: string) => registry.getMessage(`${packageName}.${name}`) as DescMessage,
    service: registry.getService(`${packageName}.Service`) as DescService,
    reasons: registry.getEnum(`${packageName}.ErrorReason`) as DescEnum,
  };
}

function toMessage(name: string, fields: Readonly<Record<string, FieldPlan>>): DescriptorProto {
  const entries = Object.entries(fields);
  const oneofs = new Set(entries.flatMap(([, { oneof }]) => oneof ?? []));
  return create(DescriptorProtoSchema, {
    name,
    oneofDecl: [...oneofs].map((oneof) => ({ name: oneof })),
    field: entries.map(([fieldName, field], index) =>
      field.map ? toMapField(name, fieldName, index + 1) : toField(fieldName, field, index + 1),
    ),
    nestedType: entries
      .filter(([, { map }]) => map)
      .map(([fieldName, { type }]) => ({
        name: entryName(fieldName),
        options: { mapEntry: true },
        field: [toField("key", { type: "string" }, 1), toField("value", { type }, 2)],
      })),
  });
}

function toMapField(message: string, name: string, number: number): FieldDescriptorProto {
  return toField(name, { type: `${message}.${entryName(name)}`, repeated: true }, number);
}

/** As the compiler names the message of a map's entries. */
function entryName(field: string): string {
  return `${field.charAt(0).toUpperCase()}${field.slice(1)}Entry`;
}

function toField(name: string, plan: FieldPlan, number: number): FieldDescriptorProto {
  const scalar = { string: Type.STRING, uint64: Type.UINT64 }[plan.type];
  const field = create(FieldDescriptorProtoSchema, {
    name,
    number,
    label: plan.repeated ? Label.REPEATED : Label.OPTIONAL,
    type: scalar ?? Type.MESSAGE,
    ...(scalar === undefined ? { typeName: `.${packageName}.${plan.type}` } : {}),
    ...(plan.oneof === undefined ? {} : { oneofIndex: 0 }),
  });
  if (plan.owner !== undefined) {
    field.options = create(FieldOptionsSchema);
    setExtension(field.options, ownerOption, plan.owner);
  }
  return field;
}

function toMethod(name: string, plan: NonNullable<ContractPlan["methods"]>[string]): MethodDescriptorProto {
  const type = `.${packageName}.${plan.input}`;
  const method = create(MethodDescriptorProtoSchema, { name, inputType: type, outputType: type });
  if (plan.rule !== undefined) {
    method.options = create(MethodOptionsSchema);
    setExtension(method.options, methodOption, create(MethodRuleSchema, plan.rule));
  }
  return method;
}

function toValue(
  name: string,
  rule: MessageInitShape<typeof ErrorRuleSchema> | undefined,
  number: number,
): EnumValueDescriptorProto {
  const value = create(EnumValueDescriptorProtoSchema, { name, number });
  if (rule !== undefined) {
    value.options = create(EnumValueOptionsSchema);
    setExtension(value.options, errorOption, create(ErrorRuleSchema, rule));
  }
  return value;
}
