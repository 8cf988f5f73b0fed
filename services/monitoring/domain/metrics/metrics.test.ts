import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { redis } from "#platform/testing/shared-redis.ts";
import { ledgerShards } from "../../store/shard-keys.ts";
import { bucketOfValue, keptBucketOf, quantileOf } from "./exponential-histogram.ts";
import { countFigure, divideFigures, formatFigure, parseFigure } from "./figure.ts";
import type { MetricQuestion } from "./metric-question.ts";
import { gaugePoint, histogramPoint, pointKinds } from "./point.ts";
import { Recorder } from "./recorder.ts";
import { ShardWriter } from "./shard-writer.ts";
import { createLab, dayMs, dayStartMs, green, minuteMs, red } from "./testing/metric-lab.ts";

describe("figures", () => {
  test("are read and written exactly", () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 43n), 10n ** 43n), (figure) => {
        assert.equal(parseFigure(formatFigure(figure)), figure);
      }),
    );
  });
  for (const [numerator, denominator, quotient] of [
    ["1", "3", "0.333333333333"],
    ["2", "3", "0.666666666667"],
    ["-2", "3", "-0.666666666667"],
    ["1000000000005", "10", "100000000000"],
    ["1000000000015", "10", "100000000002"],
    ["10000000000150000000000000001", "10000000000000000000000000000", "1.00000000002"],
    ["0", "7", "0"],
  ] as const) {
    test(`${numerator} ÷ ${denominator} to 12 significant digits, half even, is ${quotient}`, () => {
      assert.equal(formatFigure(divideFigures(parseFigure(numerator), parseFigure(denominator))!), quotient);
    });
  }
});

describe("histograms", () => {
  test("give quantiles within 4.4 %", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, quantile) => {
          const { merge } = pointKinds.histogram;
          const all = values
            .map((value) => histogramPoint(bucketOfValue(value), 0n))
            .reduce((left, right) => merge(left, right));
          const exact = values.toSorted((a, b) => a - b)[
            Math.max(0, Math.ceil(quantile * values.length) - 1)
          ]!;
          const error = Math.abs(quantileOf(all, quantile)! / exact - 1);
          assert.ok(error <= 0.0445, `${error}`);
        },
      ),
    );
  });
  test("at a finer scale fall into the bucket that holds their values", () => {
    for (const scale of [3, 4, 8]) {
      for (const value of [0.001, 0.9, 1, 1.5, 2, 7, 1e5]) {
        const fine = Math.ceil(Math.log2(value) * 2 ** scale) - 1;
        assert.equal(keptBucketOf(fine, scale), bucketOfValue(value));
      }
    }
  });
  test("are stored and read without loss", () => {
    const { encode, decode, merge } = pointKinds.histogram;
    const point = merge(histogramPoint(undefined, 0n, 2n), histogramPoint(-31, parseFigure("0.07")));
    assert.deepEqual(decode(encode(point)), point);
  });
});

describe("a query", () => {
  test("sums, rates and groups counters, with empty points where there is nothing", async () => {
    const lab = createLab("counter");
    const at = lab.clock.nowMs() - 10 * minuteMs;
    await new Recorder(redis).record({
      origin: undefined,
      writes: [],
      changes: [
        lab.change(red, at, countFigure(3)),
        lab.change(red, at + 59_999, parseFigure("0.000000000000000001")),
        lab.change(green, at + minuteMs, countFigure(60)),
      ],
    });
    const range = { fromMs: at, untilMs: at + 3 * minuteMs, stepMs: minuteMs };
    const sum = await lab.reader.query(lab.ask({ function: "sum", groupBy: ["colour"] }), range);
    assert.deepEqual(
      sum.series.map(({ labels, values }) => [labels, values.map((value) => value && formatFigure(value))]),
      [
        [{ colour: "green" }, [undefined, "60", undefined]],
        [{ colour: "red" }, ["3.000000000000000001", undefined, undefined]],
      ],
    );
    const rate = await lab.reader.query(lab.ask({ windowMs: 2 * minuteMs }), range);
    assert.deepEqual(
      rate.series[0]!.values.map((value) => value && formatFigure(value)),
      ["0.025", "0.525", "0.5"],
    );
  });

  test("selects series by matchers", async () => {
    const lab = createLab("counter");
    const at = lab.clock.nowMs() - minuteMs;
    const changes = ["a", "b", "c"].map((place) => lab.change({ colour: "red", place }, at, countFigure(1)));
    await new Recorder(redis).record({ origin: undefined, writes: [], changes });
    const matchers = [{ label: "place", operator: "matches", value: "a|b" }] as const;
    const [values] = await lab.reader.evaluate(
      lab.ask({ function: "sum", matchers, windowMs: 5 * minuteMs }),
      [lab.clock.nowMs()],
    );
    assert.deepEqual(values, [{ labels: {}, value: countFigure(2) }]);
  });

  for (const [name, expected] of [
    ["last", "7"],
    ["min", "-2"],
    ["max", "7"],
    ["sum", "6"],
    ["avg", "2"],
  ] as const) {
    test(`takes the ${name} of a gauge`, async () => {
      const lab = createLab("gauge");
      const at = lab.clock.nowMs() - 3 * minuteMs;
      const recorder = new Recorder(redis);
      for (const [offset, value] of [
        [0, "1"],
        [1_000, "-2"],
        [minuteMs, "7"],
      ] as const) {
        const point = gaugePoint(parseFigure(value), at + offset);
        await recorder.record({
          origin: undefined,
          writes: [],
          changes: [lab.change(red, at + offset, point)],
        });
      }
      const [values] = await lab.reader.evaluate(lab.ask({ function: name, windowMs: 5 * minuteMs }), [
        lab.clock.nowMs(),
      ]);
      assert.equal(formatFigure(values![0]!.value), expected);
    });
  }

  test("reads hours and days where step and window allow it", async () => {
    const lab = createLab("counter");
    const fromMs = dayStartMs - 40 * dayMs;
    const changes = Array.from({ length: 40 }, (_, day) =>
      lab.change(red, fromMs + day * dayMs + 5 * minuteMs, countFigure(1)),
    );
    await new Recorder(redis).record({ origin: undefined, writes: [], changes });
    const query = lab.ask({ function: "sum", windowMs: dayMs });
    const result = await lab.reader.query(query, { fromMs, untilMs: dayStartMs, stepMs: dayMs });
    assert.deepEqual(new Set(result.series[0]!.values), new Set([countFigure(1)]));
    await assert.rejects(
      lab.reader.query(lab.ask({}), { fromMs, untilMs: fromMs + minuteMs, stepMs: minuteMs }),
      { reason: "RANGE_NOT_RETAINED" },
    );
  });

  test("adds up the parts of a series that lie in several shards", async () => {
    const lab = createLab("counter", "events");
    const at = lab.clock.nowMs();
    for (const shard of ledgerShards) {
      const writer = new ShardWriter(redis, shard);
      await writer.open();
      await writer.write([lab.change(red, at, countFigure(1))], []);
    }
    const [values] = await lab.reader.evaluate(lab.ask({ function: "sum" }), [at]);
    assert.deepEqual(values, [{ labels: {}, value: countFigure(8) }]);
  });

  for (const [reason, fields] of [
    ["METRIC_NOT_FOUND", { metric: "nothing" }],
    ["LABEL_NOT_ALLOWED", { groupBy: ["size"] }],
    ["FUNCTION_NOT_APPLICABLE", { function: "quantile" }],
    ["MATCHER_INVALID", { matchers: [{ label: "place", operator: "matches", value: "(" }] }],
  ] as const) {
    test(`that cannot be answered is ${reason}`, () => {
      const lab = createLab("counter");
      assert.throws(() => lab.ask(fields as Partial<MetricQuestion>), { reason });
    });
  }
});
