import { type Timestamp, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { useId } from "react";
import { useUrlState } from "../data/url-state.ts";
import "./filter-bar.css";

/** The days that the address names (`from=2026-03-01&to=2026-03-31`), both included, as times for a filter. */
export function useDays(): { startTime?: Timestamp; endTime?: Timestamp } {
  const [from] = useUrlState("from");
  const [to] = useUrlState("to");
  const startTime = midnightOf(from, 0);
  const endTime = midnightOf(to, 1);
  return { ...(startTime && { startTime }), ...(endTime && { endTime }) };
}

/** The beginning of a day in the reader's zone, some days later; undefined if the text names none. */
function midnightOf(day: string, daysLater: number): Timestamp | undefined {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  if (year === undefined) return undefined;
  return timestampFromDate(new Date(Number(year), Number(month) - 1, Number(date) + daysLater));
}

/** Chooses the first and the last day of a list; the address keeps them. */
export function DaysFilter({ what }: { what: string }) {
  return (
    <div className="filter-days">
      <Day name="from" label={`${what} from`} />
      <Day name="to" label="to" />
    </div>
  );
}

function Day({ name, label }: { name: string; label: string }) {
  const [value, setValue] = useUrlState(name);
  const id = useId();
  return (
    <div className="filter-select">
      <label htmlFor={id}>{label}</label>
      <input id={id} type="date" value={value} onChange={(event) => setValue(event.target.value)} />
    </div>
  );
}
