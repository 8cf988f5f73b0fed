import { XMLParser } from "fast-xml-parser";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { Publication } from "../../domain/rates/rate-book.ts";
import { ecbBaseCurrency } from "./ecb-history.ts";
import { ecbPublicationTimeMs } from "./ecb-publication-time.ts";
import { FeedError } from "./feed-error.ts";
import { dayMs } from "./feed-time.ts";

const rate = Type.Object({ currency: Type.String(), rate: Type.String() });
const day = Type.Object({ time: Type.String(), Cube: Type.Array(rate, { minItems: 1 }) });
const envelope = Compile(
  Type.Object({
    Envelope: Type.Object({
      Cube: Type.Array(Type.Object({ Cube: Type.Array(day, { minItems: 1 }) }), { minItems: 1 }),
    }),
  }),
);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  // Text stays text: a number would lose digits, and an entity is nothing that rates need.
  parseAttributeValue: false,
  parseTagValue: false,
  processEntities: false,
  removeNSPrefix: true,
  isArray: (name) => name === "Cube",
});

/**
 * Reads the ECB's daily rates, `Envelope/Cube/Cube[@time]/Cube[@currency, @rate]`; the file of 90 days has the
 * same form.
 *
 * @returns the days, oldest first.
 * @throws FeedError if it is no well-formed XML, or of another form.
 */
export function parseEcbDaily(text: string): readonly Publication[] {
  let root: unknown;
  try {
    root = parser.parse(text, true);
  } catch (error) {
    throw new FeedError("the answer is no well-formed XML", { cause: error });
  }
  if (!envelope.Check(root)) throw new FeedError("the XML has another form than the ECB's");
  return root.Envelope.Cube.flatMap(({ Cube }) => Cube)
    .map(({ time, Cube }) => ({
      baseCurrency: ecbBaseCurrency,
      publishedAtMs: ecbPublicationTimeMs(dayMs(time)),
      rates: new Map(Cube.map(({ currency, rate }) => [currency, rate])),
    }))
    .sort((left, right) => left.publishedAtMs - right.publishedAtMs);
}
