import type { Intake } from "../intake/intake.ts";
import { countFigure, divideFigures, type Figure, oneFigure } from "../metrics/figure.ts";
import type { MetricQuestion } from "../metrics/metric-question.ts";
import type { MetricRange, MetricsReader, RangeSeries } from "../metrics/metrics-reader.ts";
import { finestStepMs, oldestPointMs, resolutionFor } from "../metrics/resolution.ts";
import { chargesQuestion, declinesQuestion, type TileQuestion, tileQuestions } from "./tile-questions.ts";

/** A figure, the one before it, and its course. */
export interface Tile {
  readonly name: string;
  readonly unit: "count" | "ratio" | "seconds" | "currency";
  readonly currencyCode: string;
  readonly value: Figure | undefined;
  readonly previousValue: Figure | undefined;
  readonly course: ReadonlyArray<Figure | undefined>;
}

/** Charges and declines over time, in counts. */
export interface Activity {
  readonly charges: readonly bigint[];
  readonly declines: readonly bigint[];
  readonly declinesByReason: Readonly<Record<string, bigint>>;
}

/** What is held for customers in a currency. */
export interface Position {
  readonly currencyCode: string;
  readonly liabilities: Figure;
  readonly debts: Figure;
  readonly reserved: Figure;
  readonly accountCount: bigint;
}

/** What an overview is made of. */
export interface OverviewParts {
  readonly reader: MetricsReader;
  readonly intake: Pick<Intake, "levels">;
  readonly countActive: (fromMs: number, untilMs: number) => Promise<number>;
  readonly now: () => number;
}

/** What of an overview comes from metrics. */
export interface OverviewFigures {
  readonly range: MetricRange;
  readonly tiles: readonly Tile[];
  readonly activity: Activity | undefined;
  readonly positions: readonly Position[];
  /** One sentence for each part that could not be read. */
  readonly missing: readonly string[];
}

/** Currencies that have tiles of their own, those with the largest figures. */
const mostCurrencies = 8;

/** Everything about a range that ends now; what cannot be read is left out and named. */
export async function readOverview(
  parts: OverviewParts,
  rangeMs: number,
  mostPoints: number,
): Promise<OverviewFigures> {
  const range = planOverview(rangeMs, mostPoints, parts.now());
  const missing: string[] = [];
  const orMissing = async <T>(what: string, read: Promise<T>): Promise<T | undefined> => {
    try {
      return await read;
    } catch (error) {
      missing.push(`${what} could not be read: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };
  const [tiles, active, activity, positions] = await Promise.all([
    Promise.all(
      tileQuestions.map((tile) => orMissing(`The figure ${tile.name}`, readTiles(parts, tile, range))),
    ),
    orMissing("The number of active accounts", readActive(parts, range)),
    orMissing("The activity", readActivity(parts, range)),
    orMissing("The positions", readPositions(parts)),
  ]);
  const all = [...tiles.flatMap((own) => own ?? []), ...(active === undefined ? [] : [active])];
  return { range, tiles: withDeclineRatio(all), activity, positions: positions ?? [], missing };
}

/** The shortest step of whole minutes with at most so many points, of which those of the range before are kept too. */
function planOverview(rangeMs: number, mostPoints: number, nowMs: number): MetricRange {
  for (let minutes = Math.ceil(rangeMs / mostPoints / finestStepMs); ; minutes++) {
    const stepMs = minutes * finestStepMs;
    const untilMs = Math.ceil(nowMs / stepMs) * stepMs;
    const fromMs = untilMs - Math.ceil(rangeMs / stepMs) * stepMs;
    const earliestMs = fromMs - (untilMs - fromMs);
    if (oldestPointMs(resolutionFor(stepMs), nowMs) <= earliestMs) return { fromMs, untilMs, stepMs };
  }
}

async function readTiles(parts: OverviewParts, tile: TileQuestion, range: MetricRange): Promise<Tile[]> {
  const { fromMs, untilMs, stepMs } = range;
  const before = { fromMs: fromMs - (untilMs - fromMs), untilMs: fromMs, stepMs };
  const [now, previous] = await Promise.all([
    readSeries(parts, tile.question, range),
    readSeries(parts, tile.question, before),
  ]);
  const earlier = new Map(previous.map((series) => [series.labels.currency ?? "", series]));
  const wholes = await Promise.all([
    readWhole(parts, tile.question, range),
    readWhole(parts, tile.question, before),
  ]);
  const shown = now.length === 0 && tile.unit !== "currency" ? [{ labels: {}, values: [] }] : now;
  return shown.slice(0, mostCurrencies).map(({ labels, values }) => {
    const currencyCode = (labels as RangeSeries["labels"]).currency ?? "";
    return {
      name: tile.name,
      unit: tile.unit,
      currencyCode,
      value: wholes[0] ?? summary(tile, values),
      previousValue: wholes[1] ?? summary(tile, earlier.get(currencyCode)?.values ?? []),
      course: values,
    };
  });
}

async function readSeries(
  { reader }: OverviewParts,
  question: MetricQuestion,
  range: MetricRange,
): Promise<readonly RangeSeries[]> {
  return (await reader.query(reader.plan(question, range.stepMs), range)).series;
}

/** A quantile of the whole range does not follow from those of its points. */
async function readWhole(
  parts: OverviewParts,
  question: MetricQuestion,
  { fromMs, untilMs, stepMs }: MetricRange,
): Promise<Figure | undefined> {
  if (question.function !== "quantile") return undefined;
  const whole = { ...question, windowMs: untilMs - fromMs };
  const series = await readSeries(parts, whole, { fromMs: untilMs - stepMs, untilMs, stepMs });
  return series[0]?.values[0];
}

function summary({ question }: TileQuestion, values: ReadonlyArray<Figure | undefined>): Figure | undefined {
  if (question.function === "last") return values.findLast((value) => value !== undefined);
  const present = values.filter((value) => value !== undefined);
  return question.function === "sum" ? present.reduce((sum, value) => sum + value, 0n) : undefined;
}

/** Declined ÷ all that were asked for, after the two counts. */
function withDeclineRatio(tiles: readonly Tile[]): Tile[] {
  const [charges, declines] = ["charges", "declines"].map((name) => tiles.find((tile) => tile.name === name));
  if (charges === undefined || declines === undefined) return [...tiles];
  const ratio = (declined = 0n, charged = 0n) => divideFigures(declined, declined + charged);
  const points = Math.max(charges.course.length, declines.course.length);
  const tile: Tile = {
    name: "decline_ratio",
    unit: "ratio",
    currencyCode: "",
    value: ratio(declines.value, charges.value),
    previousValue: ratio(declines.previousValue, charges.previousValue),
    course: Array.from({ length: points }, (_, at) => ratio(declines.course[at], charges.course[at])),
  };
  const after = tiles.indexOf(declines) + 1;
  return tiles.toSpliced(after, 0, tile);
}

async function readActive({ countActive }: OverviewParts, { fromMs, untilMs }: MetricRange): Promise<Tile> {
  const [now, previous] = await Promise.all([
    countActive(fromMs, untilMs),
    countActive(fromMs - (untilMs - fromMs), fromMs),
  ]);
  return {
    name: "active_accounts",
    unit: "count",
    currencyCode: "",
    value: countFigure(now),
    previousValue: countFigure(previous),
    course: [],
  };
}

async function readActivity(parts: OverviewParts, range: MetricRange): Promise<Activity> {
  const [charges, declines] = await Promise.all([
    readSeries(parts, chargesQuestion, range),
    readSeries(parts, declinesQuestion, range),
  ]);
  const points = (range.untilMs - range.fromMs) / range.stepMs;
  const perPoint = (series: readonly RangeSeries[]) =>
    Array.from({ length: points }, (_, at) =>
      toCount(series.reduce((sum, { values }) => sum + (values[at] ?? 0n), 0n)),
    );
  return {
    charges: perPoint(charges),
    declines: perPoint(declines),
    declinesByReason: Object.fromEntries(
      declines.map(({ labels, values }) => [
        labels.reason ?? "",
        toCount(values.reduce<bigint>((sum, value) => sum + (value ?? 0n), 0n)),
      ]),
    ),
  };
}

async function readPositions({ intake }: OverviewParts): Promise<Position[]> {
  return [...(await intake.levels())]
    .map(([currencyCode, own]) => ({
      currencyCode,
      liabilities: own.get("liabilities") ?? 0n,
      debts: own.get("debts") ?? 0n,
      reserved: own.get("reserved") ?? 0n,
      accountCount: toCount(own.get("accounts") ?? 0n),
    }))
    .sort((left, right) => (left.currencyCode < right.currencyCode ? -1 : 1));
}

function toCount(figure: Figure): bigint {
  return figure / oneFigure;
}
