import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { createMethodSerializationLookup } from "@connectrpc/connect/protocol";
import type { MethodRule } from "../../access/method-rule.ts";
import type { ServiceRoutes, UnaryHandler } from "../handlers.ts";
import { wireOptions } from "../wire-options.ts";
import { compileReader, type MessageReader } from "./message-reader.ts";
import { compileWriter, type MessageWriter } from "./message-writer.ts";

/** One unary method, with everything about it that is the same for every call. */
export interface UnaryMethod {
  readonly rule: MethodRule;
  readonly method: DescMethodUnary;
  readonly handler: UnaryHandler<DescMethodUnary>;
  readonly binary: MessageCodec;
  readonly json: MessageCodec;
}

/** Reads requests and writes answers; throws ConnectErrors that say what is wrong, in Connect's own words. */
export interface MessageCodec {
  parse(bytes: Uint8Array): Message;
  serialize(answer: Message): Uint8Array<ArrayBuffer>;
}

/** Reads by a compiled reader, and as Connect does what that does not read or what is too large. */
function parser(read: MessageReader, library: MessageCodec, maxBytes: number): MessageCodec["parse"] {
  return (bytes) => {
    const message = Buffer.isBuffer(bytes) && bytes.length <= maxBytes ? read(bytes) : undefined;
    return message ?? library.parse(bytes);
  };
}

/** Writes by a compiled writer, and as Connect does what that does not write or what is too large. */
function serializer(write: MessageWriter, library: MessageCodec): MessageCodec["serialize"] {
  return (answer) => {
    const bytes = write(answer);
    return bytes === undefined || bytes.length > wireOptions.writeMaxBytes
      ? library.serialize(answer)
      : bytes;
  };
}

/** The unary methods of a server by path; those without a handler are left to the other door. */
export function unaryMethods(routes: readonly ServiceRoutes[]): ReadonlyMap<string, UnaryMethod> {
  const methods = new Map<string, UnaryMethod>();
  for (const { service, handlers, rule: ruleOf } of routes) {
    for (const method of service.methods) {
      const handler = handlers[method.localName] as UnaryHandler<DescMethodUnary> | undefined;
      if (method.methodKind !== "unary" || handler === undefined) continue;
      const rule = ruleOf(method);
      const lookup = createMethodSerializationLookup(method, undefined, wireOptions.jsonOptions, {
        writeMaxBytes: wireOptions.writeMaxBytes,
        readMaxBytes: rule.maxRequestBytes,
      });
      const codec = (binary: boolean): MessageCodec => ({
        parse: lookup.getI(binary).parse as MessageCodec["parse"],
        serialize: lookup.getO(binary).serialize as MessageCodec["serialize"],
      });
      const library = codec(true);
      const read = compileReader(method.input);
      const write = compileWriter(method.output);
      methods.set(`/${rule.path}`, {
        rule,
        method: method as DescMethodUnary,
        handler,
        binary: {
          parse: read === undefined ? library.parse : parser(read, library, rule.maxRequestBytes),
          serialize: write === undefined ? library.serialize : serializer(write, library),
        },
        json: codec(false),
      });
    }
  }
  return methods;
}
