import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { dayMs, publishedAt, testProviders } from "../../testing/published-days.ts";
import { ExchangeState } from "../exchange-state.ts";
import type { Publication } from "../rates/rate-book.ts";
import type { StoredPublication } from "./publication-draft.ts";
import { type Screening, screenPublications } from "./publication-screening.ts";

const providerId = "ecb";
const startMs = publishedAt("2026-04-13");
const codes = ["USD", "JPY", "GBP", "CHF"] as const;
const start = { USD: "1.1684", JPY: "186.75", GBP: "0.87058", CHF: "0.9242" };

/** What Exchange knows and has stored, without a store. */
class Desk {
  readonly state = new ExchangeState({
    baseCurrency: "EUR",
    allowBundled: false,
    providers: testProviders(),
  });
  readonly stored = new Map<number, StoredPublication>();

  /** Screens an answer and takes it over, as a refresh does. */
  async take(publications: readonly Publication[], nowMs: number): Promise<Screening> {
    const provider = this.state.providers.require(providerId);
    const screening = await screenPublications({
      state: this.state,
      provider,
      publications,
      stored: this.stored,
      nowMs,
    });
    for (const draft of screening.drafts) {
      const { publishedAtMs } = draft.publication;
      const document = { version: draft.storedVersion + 1, value: draft.record() };
      this.stored.set(publishedAtMs, document);
      this.state.applyPublication(providerId, { id: new Date(publishedAtMs).toISOString(), ...document });
    }
    return screening;
  }

  rate(currency: string, atMs: number): string | undefined {
    return this.state.book.at(atMs).lastKnown("EUR", currency)?.displayRate;
  }
}

const publication = (publishedAtMs: number, rates: Record<string, string>): Publication => ({
  baseCurrency: "EUR",
  publishedAtMs,
  rates: new Map(Object.entries(rates)),
});
const begun = async () => {
  const desk = new Desk();
  await desk.take([publication(startMs, start)], startMs);
  return desk;
};
/** A rate in any relation to the one before: near, far, inverted, unusable. */
const anyRates = fc
  .record(
    Object.fromEntries(
      codes.map((code) => [
        code,
        fc.oneof(
          fc
            .integer({ min: -2_000, max: 2_000 })
            .map((parts) => (Number(start[code]) * (1 + parts / 10_000)).toFixed(6)),
          fc.constantFrom("0", "-1", "1e3", "", "1000000", (1 / Number(start[code])).toFixed(6)),
        ),
      ]),
    ),
    { requiredKeys: [] },
  )
  .map((rates) => rates as Record<string, string>);
const anyDays = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), anyRates), { minLength: 1, maxLength: 5 });

describe("whatever a provider answers", () => {
  test("each rate is accepted, held, refused, or known", async () => {
    await fc.assert(
      fc.asyncProperty(anyRates, async (rates) => {
        const screening = await (await begun()).take([publication(startMs + dayMs, rates)], startMs + dayMs);
        const { acceptedCount, heldCount, refusedCount } = screening;
        assert.equal(acceptedCount + heldCount + refusedCount, Object.keys(rates).length);
      }),
    );
  });

  test("the same answer again changes nothing", async () => {
    await fc.assert(
      fc.asyncProperty(anyDays, async (days) => {
        const desk = await begun();
        for (const [day, rates] of days) {
          const answer = [publication(startMs + day * dayMs, rates)];
          const nowMs = startMs + 7 * dayMs;
          await desk.take(answer, nowMs);
          assert.deepEqual((await desk.take(answer, nowMs)).drafts, []);
        }
      }),
    );
  });

  test("no rate comes into force that differs from the last good one by more than its guard allows", async () => {
    await fc.assert(
      fc.asyncProperty(anyRates, async (rates) => {
        const desk = await begun();
        await desk.take([publication(startMs + dayMs, rates)], startMs + dayMs);
        for (const code of codes) {
          const change = Number(desk.rate(code, startMs + dayMs)) / Number(start[code]) - 1;
          assert.ok(Math.abs(change) <= 0.100001, `${code} changed by ${change}`);
        }
      }),
    );
  });

  test("what was in force at a past time stays so, unless somebody approves otherwise", async () => {
    await fc.assert(
      fc.asyncProperty(anyDays, async (days) => {
        const desk = await begun();
        for (const [day, rates] of days.toSorted(([left], [right]) => left - right)) {
          const nowMs = startMs + day * dayMs;
          const before = codes.map((code) => desk.rate(code, nowMs - 1));
          await desk.take([publication(nowMs, rates)], nowMs);
          assert.deepEqual(
            codes.map((code) => desk.rate(code, nowMs - 1)),
            before,
          );
        }
      }),
    );
  });
});

test("days that come out of order fill the past, and the newest stays in force", async () => {
  const desk = await begun();
  await desk.take([publication(startMs + 2 * dayMs, { USD: "1.18" })], startMs + 2 * dayMs);
  const late = await desk.take([publication(startMs + dayMs, { USD: "1.17" })], startMs + 2 * dayMs);
  assert.equal(late.acceptedCount, 1);
  assert.equal(desk.rate("USD", startMs + dayMs), "1.17");
  assert.equal(desk.rate("USD", startMs + 2 * dayMs), "1.18");
});
