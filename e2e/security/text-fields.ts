import { clone, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";

/** A field of text of a request, by its path, and how to fill it. */
export interface TextField {
  /** For example `usage.attributes[key]`. */
  readonly path: string;
  /** The request with the text in the field; messages on the way are made if they are missing. */
  fill(request: Message, text: string): Message;
}

/** Messages within messages that are followed; deeper ones are reached by other methods too. */
const maxDepth = 4;

/** All fields of text that a request can have, also in lists, maps and messages. */
export function textFieldsOf(schema: DescMessage): TextField[] {
  return placesIn(schema, [], "").map(({ path, put }) => ({
    path,
    fill(request, text) {
      const copy = clone(schema, request);
      put(reflect(schema, copy), text);
      return copy;
    },
  }));
}

interface Place {
  readonly path: string;
  readonly put: (request: ReflectMessage, text: string) => void;
}

function placesIn(schema: DescMessage, within: readonly DescMessage[], prefix: string): Place[] {
  if (within.length >= maxDepth || within.includes(schema)) return [];
  return schema.fields.flatMap((field) => placesOf(field, [...within, schema], prefix));
}

function placesOf(field: DescField, within: readonly DescMessage[], prefix: string): Place[] {
  const path = `${prefix}${field.name}`;
  switch (field.fieldKind) {
    case "scalar":
      return isText(field) ? [{ path, put: (holder, text) => holder.set(field, text) }] : [];
    case "list":
      if (isText(field)) {
        const put = (holder: ReflectMessage, text: string) => {
          holder.clear(field);
          holder.get(field).add(text);
        };
        return [{ path: `${path}[]`, put }];
      }
      return placesWithin(field, within, `${path}[].`, (holder) => {
        const list = holder.get(field);
        if (list.size === 0) list.add(reflect(field.message!));
        return list.get(0) as ReflectMessage;
      });
    case "map": {
      const key: Place = {
        path: `${path}[key]`,
        put: (holder, text) => {
          const [first = sampleOf(field)] = [...holder.get(field).values()];
          holder.clear(field);
          holder.get(field).set(text, first);
        },
      };
      const value: Place = {
        path: `${path}[]`,
        put: (holder, text) => void holder.get(field).set("a", text),
      };
      return [key, ...(isText(field) ? [value] : [])];
    }
    case "message":
      return placesWithin(field, within, `${path}.`, (holder) => {
        const inner = holder.isSet(field) ? holder.get(field) : reflect(field.message);
        holder.set(field, inner);
        return holder.get(field);
      });
    default:
      return [];
  }
}

function placesWithin(
  field: DescField,
  within: readonly DescMessage[],
  prefix: string,
  open: (holder: ReflectMessage) => ReflectMessage,
): Place[] {
  if (field.message === undefined) return [];
  return placesIn(field.message, within, prefix).map(({ path, put }) => ({
    path,
    put: (holder, text) => put(open(holder), text),
  }));
}

function isText({ scalar }: DescField): boolean {
  return scalar === ScalarType.STRING;
}

/** A value for a map whose key is tried. */
function sampleOf(field: DescField): unknown {
  if (field.message !== undefined) return reflect(field.message);
  if (field.enum !== undefined) return 0;
  return isText(field) ? "1" : field.scalar === ScalarType.BOOL ? true : 1n;
}
