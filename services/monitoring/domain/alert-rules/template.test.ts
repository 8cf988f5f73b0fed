import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTemplate } from "./template.ts";

const labels = { account: "acme", currency: "USD" };

for (const [text, value, expected] of [
  ["{{ $labels.account }} is at {{$value}} {{ $labels.currency }}", "4.2", "acme is at 4.2 USD"],
  ["{{ $labels.absent }}.", "1", "."],
  ["{{ $value | humanizePercentage }}", "0.083333333333", "8.333%"],
  ["{{ $value|humanizePercentage }}", "1", "100%"],
  ["{{ $value | humanizePercentage }}", "", "an unknown part"],
  ["{{ $value | humanizeDuration }}", "0.25", "250ms"],
  ["{{ $value | humanizeDuration }}", "12.5", "12.5s"],
  ["{{ $value | humanizeDuration }}", "125.9", "2m 5s"],
  ["{{ $value | humanizeDuration }}", "388800", "4d 12h 0m 0s"],
  ["{{ $value | humanizeDuration }}", "", "an unknown time"],
] as const) {
  test(`"${text}" of ${value || "no data"} reads "${expected}"`, () => {
    assert.equal(parseTemplate(text)?.({ value, labels }), expected);
  });
}

for (const text of [
  "{{ $value",
  "{{ $other }}",
  "{{ $value | title }}",
  "{{ $labels.account | humanizeDuration }}",
])
  test(`"${text}" is no template`, () => assert.equal(parseTemplate(text), undefined));
