import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePortOffset, resolvePorts } from "./ports.ts";

test("without offset the ports are the documented ones", () => {
  assert.deepEqual(resolvePorts(0, {}), {
    core: 50052,
    pricing: 50053,
    exchange: 50054,
    monitoring: 50055,
    admin: 50056,
    adminHttp: 50057,
    redis: 6390,
  });
});

test("an offset shifts every port, a replaced one too", () => {
  const ports = resolvePorts(1000, { CORE_PORT: "40000", ADMIN_PORT: "" });
  assert.deepEqual([ports.core, ports.admin, ports.redis], [41000, 51056, 7390]);
});

const offsets: ReadonlyArray<[text: string | undefined, offset: number]> = [
  [undefined, 0],
  ["", 0],
  ["0", 0],
  ["15000", 15000],
];
for (const [text, offset] of offsets) {
  test(`PORT_OFFSET ${text === undefined ? "unset" : `"${text}"`} is ${offset}`, () => {
    assert.equal(parsePortOffset(text), offset);
  });
}

for (const text of ["-1", "1.5", "15001", "many", "1e9"]) {
  test(`PORT_OFFSET "${text}" is refused with its bounds`, () => {
    assert.throws(() => parsePortOffset(text), new RegExp(`PORT_OFFSET=${text} .*from 0 to 15000`));
  });
}
