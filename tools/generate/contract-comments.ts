import { execFileSync } from "node:child_process";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorSetSchema,
  type SourceCodeInfo_Location,
} from "@bufbuild/protobuf/wkt";

/** What the comments of the contract say: full name of a message, field, enum or value → text on one line. */
export function contractComments(): Record<string, string> {
  const image = execFileSync("buf", ["build", "-o", "-#format=binpb"], { maxBuffer: 64 << 20 });
  const files = fromBinary(FileDescriptorSetSchema, image).file.filter(({ name }) =>
    name.startsWith("billing/"),
  );
  const comments = files.flatMap(commentsOf).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(comments);
}

function commentsOf(file: FileDescriptorProto): Array<[name: string, text: string]> {
  const byPath = new Map(
    file.sourceCodeInfo?.location.map((location) => [location.path.join("."), location]),
  );
  const comment = (name: string, path: string): [string, string] => [
    `${file.package}.${name}`,
    oneLine(byPath.get(path)),
  ];
  const messages = file.messageType.flatMap((message, m) => [
    comment(message.name, `4.${m}`),
    ...message.field.map((field, f) => comment(`${message.name}.${field.name}`, `4.${m}.2.${f}`)),
  ]);
  const enums = file.enumType.flatMap((enumeration, e) => [
    comment(enumeration.name, `5.${e}`),
    ...enumeration.value.map((value, v) => comment(`${enumeration.name}.${value.name}`, `5.${e}.2.${v}`)),
  ]);
  return [...messages, ...enums].filter(([, text]) => text !== "");
}

function oneLine(location: SourceCodeInfo_Location | undefined): string {
  return (location?.leadingComments ?? "").trim().replace(/\s+/g, " ");
}
