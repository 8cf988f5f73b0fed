import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { DocumentCodec } from "./document.ts";

/** Records of a schema as JSON; what does not fit the schema is unreadable. */
export function recordCodec<S extends TSchema>(schema: S): DocumentCodec<Static<S>> {
  const validator = Compile(schema);
  return {
    encode: (record) => JSON.stringify(record),
    decode(text) {
      const record: unknown = JSON.parse(text);
      if (!validator.Check(record)) throw new TypeError("the record does not have the form that it should");
      return record as Static<S>;
    },
  };
}
