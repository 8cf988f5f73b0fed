import { useUrlState } from "../data/url-state.ts";
import "./range-picker.css";

/** Lengths of time that end now, as they stand in the address. */
const ranges = {
  "1h": { text: "1 h", name: "last hour", seconds: 3_600 },
  "6h": { text: "6 h", name: "last 6 hours", seconds: 6 * 3_600 },
  "24h": { text: "24 h", name: "last 24 hours", seconds: 24 * 3_600 },
  "7d": { text: "7 d", name: "last 7 days", seconds: 7 * 86_400 },
  "30d": { text: "30 d", name: "last 30 days", seconds: 30 * 86_400 },
} as const;
export type RangeName = keyof typeof ranges;

/** The range that the address names (`range=7d`), by default 24 hours. */
export function useRange(byDefault: RangeName = "24h"): {
  readonly range: RangeName;
  readonly seconds: number;
  readonly name: string;
} {
  const [value] = useUrlState("range", byDefault);
  const range = value in ranges ? (value as RangeName) : byDefault;
  return { range, seconds: ranges[range].seconds, name: ranges[range].name };
}

/** Chooses the range; the address keeps it. */
export function RangePicker({ byDefault = "24h" }: { byDefault?: RangeName }) {
  const [, setValue] = useUrlState("range", byDefault);
  const { range } = useRange(byDefault);
  return (
    <fieldset className="range-picker">
      <legend className="visually-hidden">Range</legend>
      {Object.entries(ranges).map(([value, { text, name }]) => (
        <label key={value} title={name}>
          <input
            type="radio"
            name="range"
            className="visually-hidden"
            checked={value === range}
            onChange={() => setValue(value)}
            aria-label={name}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
