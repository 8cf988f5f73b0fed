import assert from "node:assert/strict";
import { test } from "node:test";
import { metricCatalogue } from "../metrics/definitions/catalogue.ts";
import { quantileOf } from "../metrics/exponential-histogram.ts";
import { formatFigure } from "../metrics/figure.ts";
import type { PointTypes } from "../metrics/point.ts";
import { type Baseline, changesOf } from "./page-changes.ts";
import { parsePage } from "./parse-page.ts";

/** What a page adds after another, each change as `<metric> <labels> <figure>`. */
function read(page: string, before: Baseline | undefined) {
  const { changes, baseline } = changesOf(parsePage(page), "core", before, metricCatalogue, 1_000);
  const texts = changes.map(({ definition, labels, point }) => {
    const figure =
      definition.type === "counter"
        ? (point as bigint)
        : definition.type === "gauge"
          ? (point as PointTypes["gauge"]).last
          : (point as PointTypes["histogram"]).sum;
    return `${definition.name} ${labels.replaceAll("\u001f", ",")} ${formatFigure(figure)}`;
  });
  return { texts, baseline, changes };
}

const page = (started: string, calls: number) => `# HELP x y
process_start_time_seconds{service="core"} ${started}
billing_rpc_requests_total{method="Charge",code="ok",reason="",service="core"} ${calls}
billing_rpc_in_flight{service="core"} 3
billing_charges_total{currency="USD",settlement="charge"} 7
nobody_knows_this 1
this is no sample
# EOF
`;
const gauge = "billing_rpc_in_flight core 3";

test("counters add what they grew since the page before, and nothing at the first", () => {
  const first = read(page("100", 5), undefined);
  assert.deepEqual(first.texts, [gauge]);
  const second = read(page("100", 8), first.baseline);
  assert.deepEqual(second.texts, ["billing_rpc_requests_total core,Charge,ok, 3", gauge]);
  assert.deepEqual(read(page("100", 8), second.baseline).texts, [gauge]);
});

test("counters of a new process begin at 0, also when they are larger than those of the last one", () => {
  const { baseline } = read(page("100", 5), undefined);
  assert.deepEqual(read(page("200", 9), baseline).texts[0], "billing_rpc_requests_total core,Charge,ok, 9");
});

test("histograms keep their count and sum, and their quantiles within the page's buckets", () => {
  const histogram = (counts: readonly number[]) => `process_start_time_seconds 1
billing_rpc_duration_seconds_bucket{le="0.01",method="Charge"} ${counts[0]}
billing_rpc_duration_seconds_bucket{le="0.1",method="Charge"} ${counts[1]}
billing_rpc_duration_seconds_bucket{le="+Inf",method="Charge"} ${counts[2]}
billing_rpc_duration_seconds_sum{method="Charge"} ${counts[3]}
billing_rpc_duration_seconds_count{method="Charge"} ${counts[2]}
`;
  const { baseline } = read(histogram([1, 1, 1, 0.5]), undefined);
  const { changes, texts } = read(histogram([11, 101, 102, 4.5]), baseline);
  assert.deepEqual(texts, ["billing_rpc_duration_seconds core,Charge 4"]);
  const point = changes[0]!.point as PointTypes["histogram"];
  assert.equal(point.count, 101n);
  assert.equal(
    [...point.buckets.values()].reduce((sum, count) => sum + count),
    101n,
  );
  const median = quantileOf(point, 0.5)!;
  assert.ok(median > 0.01 && median < 0.1, `${median}`);
});

test("values of labels are unescaped, whatever stands in them", () => {
  const [sample] = parsePage('a_total{x="a\\"b\\\\c\\nd",y="}"} 1e-7 123\n');
  assert.deepEqual(sample, { name: "a_total", labels: { x: 'a"b\\c\nd', y: "}" }, value: "1e-7" });
});
