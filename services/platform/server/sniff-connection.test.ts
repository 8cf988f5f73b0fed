import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decideProtocol } from "./sniff-connection.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

describe("decideProtocol", () => {
  const cases: readonly [firstBytes: string, protocol: "http1" | "http2" | undefined][] = [
    ["", undefined],
    ["P", undefined],
    ["PRI", undefined],
    ["PRI ", undefined],
    [preface.slice(0, -1), undefined],
    [preface, "http2"],
    [`${preface}\0\0\0\x04\0\0\0\0\0`, "http2"],
    ["G", "http1"],
    ["PO", "http1"],
    ["PUT / HTTP/1.1", "http1"],
    ["PRI * HTTP/1.1", "http1"],
    [preface.toLowerCase(), "http1"],
    [` ${preface}`, "http1"],
    ["\x16\x03\x01", "http1"],
    ["\0", "http1"],
  ];
  for (const [firstBytes, protocol] of cases) {
    it(`takes ${JSON.stringify(firstBytes)} for ${protocol ?? "either"}`, () => {
      assert.equal(decideProtocol(Buffer.from(firstBytes, "latin1")), protocol);
    });
  }

  it("never changes its mind when more bytes come", () => {
    const nearPreface = fc
      .tuple(fc.nat({ max: preface.length }), fc.uint8Array({ maxLength: 30 }))
      .map(([kept, rest]) => Buffer.concat([Buffer.from(preface.slice(0, kept), "latin1"), rest]));
    fc.assert(
      fc.property(nearPreface, (bytes) => {
        const decisions = Array.from({ length: bytes.length + 1 }, (_, end) =>
          decideProtocol(bytes.subarray(0, end)),
        );
        const first = decisions.findIndex((decision) => decision !== undefined);
        if (first === -1) assert.ok(preface.startsWith(bytes.toString("latin1")));
        else assert.deepEqual([...new Set(decisions.slice(first))], [decisions[first]]);
        // No more than the preface is ever held back.
        assert.ok(first <= preface.length);
      }),
    );
  });
});
