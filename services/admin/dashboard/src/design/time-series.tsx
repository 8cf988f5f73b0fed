import { useEffect, useMemo, useRef, useState } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatNumber } from "../data/exact.ts";
import { useThemeChange } from "../shell/theme.ts";
import { Button } from "./button.tsx";
import { type Column, Table } from "./table.tsx";
import { TimeAt } from "./time.tsx";
import "./time-series.css";

/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** Exact decimals or whole numbers, one for each time; an empty text is a gap. */
  readonly values: ReadonlyArray<string | bigint>;
  /** Its colour: --chart-1 … --chart-4. */
  readonly colour: 1 | 2 | 3 | 4;
}

const height = 220;

/**
 * Figures over time, as lines or as a table: what a picture shows to eyes, the table says to everybody. Points are
 * drawn as numbers; the legend and the table show the exact ones.
 */
export function TimeSeries({
  label,
  timesMs,
  series,
  isAround = false,
}: {
  label: string;
  /** When each point begins, in epoch milliseconds. */
  timesMs: readonly number[];
  series: readonly Series[];
  /** Shows the values around which a figure moves, such as a rate; else from zero, as counts and amounts stand. */
  isAround?: boolean;
}) {
  const [isTable, setTable] = useState(false);
  return (
    <figure className="time-series" aria-label={label}>
      <div className="time-series-head">
        <ul>
          {series.map(({ name, colour }) => (
            <li key={name}>
              <span className={`time-series-mark chart-${colour}`} />
              {name}
            </li>
          ))}
        </ul>
        <Button size="s" look="quiet" icon="table" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {isTable ? "As chart" : "As table"}
        </Button>
      </div>
      {isTable ? (
        <Values label={label} timesMs={timesMs} series={series} />
      ) : (
        <Chart timesMs={timesMs} series={series} isAround={isAround} />
      )}
    </figure>
  );
}

function Values({
  label,
  timesMs,
  series,
}: {
  label: string;
  timesMs: readonly number[];
  series: readonly Series[];
}) {
  const columns: ReadonlyArray<Column<number>> = [
    { id: "time", title: "From", cell: (index) => <TimeAt at={timesMs[index]} brief /> },
    ...series.map(
      ({ name, values }): Column<number> => ({
        id: name,
        title: name,
        align: "right",
        cell: (index) => (values[index] === "" ? "–" : formatNumber(values[index] ?? "0")),
      }),
    ),
  ];
  return (
    <div className="time-series-table">
      <Table
        label={label}
        columns={columns}
        rows={timesMs.map((_, index) => timesMs.length - 1 - index)}
        keyOf={String}
        empty={null}
      />
    </div>
  );
}

function Chart({
  timesMs,
  series,
  isAround,
}: {
  timesMs: readonly number[];
  series: readonly Series[];
  isAround: boolean;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>(undefined);
  const theme = useThemeChange();
  const data = useMemo(() => dataOf(timesMs, series), [timesMs, series]);
  const latest = useRef(data);
  latest.current = data;
  const names = series.map(({ name, colour }) => `${colour} ${name}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme needs other colours
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    chart.current = new UPlot(optionsOf(element, names, isAround), latest.current, element);
    const resized = new ResizeObserver(([entry]) => {
      if (entry) chart.current?.setSize({ width: Math.floor(entry.contentRect.width), height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [names, theme, isAround]);
  useEffect(() => chart.current?.setData(data), [data]);
  return <div className="time-series-chart" ref={frame} />;
}

function dataOf(timesMs: readonly number[], series: readonly Series[]): UPlot.AlignedData {
  const lines = series.map(({ values }) => values.map((value) => (value === "" ? null : Number(value))));
  return [timesMs.map((ms) => ms / 1_000), ...lines];
}

const daySeconds = 86_400;
const dayForm = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const timeForm = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** The time of day; the day alone where the axis spans many. */
function timeText(seconds: number, splits: readonly number[]): string {
  const isLong = (splits.at(-1) ?? 0) - (splits[0] ?? 0) > 3 * daySeconds;
  return (isLong ? dayForm : timeForm).format(seconds * 1_000);
}

function rangeFromZero(_: UPlot, __: number, max: number): UPlot.Range.MinMax {
  return [0, Math.max(1, max * 1.1)];
}

/** The values with some room; a flat line stands in the middle. */
function rangeAround(_: UPlot, min: number, max: number): UPlot.Range.MinMax {
  const room = (max - min) * 0.15 || Math.abs(max) * 0.01;
  return [min - room, max + room];
}

/** Digits enough to tell values of a few thousandths apart. */
const drawnNumber = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });

/** Colours are read from the tokens as they are now: the canvas knows no custom properties. */
function optionsOf(element: HTMLElement, names: string, isAround: boolean): UPlot.Options {
  const colour = (token: string) => resolveColour(element, token);
  const axis: UPlot.Axis = {
    stroke: colour("--ink-faint"),
    font: "11px Inter Variable, system-ui, sans-serif",
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(1, Math.floor(element.clientWidth)),
    height,
    legend: { show: true, live: true },
    cursor: { points: { size: 7 } },
    scales: { y: { range: isAround ? rangeAround : rangeFromZero } },
    axes: [
      { ...axis, space: 72, values: (_, splits) => splits.map((seconds) => timeText(seconds, splits)) },
      { ...axis, size: 56, values: (_, splits) => splits.map((value) => drawnNumber.format(value)) },
    ],
    series: [
      { value: (_, seconds) => (seconds === null ? "–" : new Date(seconds * 1_000).toLocaleString("en-GB")) },
      ...names.split("\n").map((line): UPlot.Series => {
        const stroke = colour(`--chart-${line[0]}`);
        return {
          label: line.slice(2),
          stroke,
          width: 1.75,
          fill: `color-mix(in srgb, ${stroke}, transparent 90%)`,
          points: { show: false },
          value: (_, value) => (value === null ? "–" : drawnNumber.format(value)),
        };
      }),
    ],
  };
}

function resolveColour(element: HTMLElement, token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
