import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { type DescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Plugin } from "vite";

const generatedFile = /\/gen\/billing\/.*_pb\.ts$/;
const descriptor = /fileDesc\("([^"]+)"/;
const validation = /,? ?file_buf_validate_validate\b/g;
const validationImport = /^import .*\/validate_pb\.js";$/m;

/**
 * Takes the constraints of fields out of the contract's descriptors, and with them the 85 KB that describe
 * constraints themselves: servers check them, a page only needs to know the fields. Scopes of methods and rules of
 * errors stay, since pages read them.
 */
export function smallerContract(): Plugin {
  return {
    name: "smaller-contract",
    enforce: "pre",
    transform(code, id) {
      if (!generatedFile.test(id)) return undefined;
      const smaller = code
        .replace(descriptor, (_, text: string) => `fileDesc("${withoutConstraints(text)}"`)
        .replace(validationImport, "")
        .replace(validation, "")
        .replace("[, ", "[");
      return { code: smaller, map: null };
    },
  };
}

/** The same descriptor, in base64, without the options of messages and fields. */
export function withoutConstraints(text: string): string {
  const file = fromBinary(FileDescriptorProtoSchema, base64Decode(text));
  file.messageType.forEach(dropOptions);
  return base64Encode(toBinary(FileDescriptorProtoSchema, file), "std_raw");
}

function dropOptions(message: DescriptorProto): void {
  for (const { options } of [...message.field, ...message.oneofDecl]) dropExtensions(options);
  message.nestedType.forEach(dropOptions);
}

/** Extensions are unknown to the descriptor's own schema. */
function dropExtensions(options: { $unknown?: unknown[] | undefined } | undefined): void {
  if (options !== undefined) delete options.$unknown;
}
