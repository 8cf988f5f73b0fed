import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { test } from "node:test";
import fc from "fast-check";
import { forEachLine } from "./for-each-line.ts";

async function collect(chunks: readonly Uint8Array[]): Promise<string[]> {
  const stream = Readable.from(chunks, { objectMode: false });
  const lines: string[] = [];
  forEachLine(stream, (line) => lines.push(line));
  await finished(stream);
  return lines;
}

test("lines are the same however the bytes are cut, also inside a character", async () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n]/g, ""));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat({ max: 200 })), async (lines, cuts) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(""));
      const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].toSorted((a, b) => a - b);
      const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
      assert.deepEqual(await collect(chunks.filter((chunk) => chunk.length > 0)), lines);
    }),
    { numRuns: 200 },
  );
});

test("a last line without end counts, and carriage returns before line ends do not", async () => {
  assert.deepEqual(await collect([Buffer.from("one\r\n\ntwo")]), ["one", "", "two"]);
});

test("a line without end is handed on in pieces", async () => {
  const lines = await collect(Array.from({ length: 40 }, () => Buffer.alloc(4_096, "x")));
  assert.ok(lines.length > 1 && lines.every((line) => line.length <= 2 * 65_536));
  assert.equal(lines.join("").length, 40 * 4_096);
});
