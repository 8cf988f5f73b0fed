import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { msOf, useNow } from "../data/clock.ts";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const short = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

const steps: ReadonlyArray<readonly [unit: Intl.RelativeTimeFormatUnit, ms: number]> = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** "3 min ago", "in 2 hr"; "now" within some seconds, so that it does not flicker. */
export function relativeText(ms: number, nowMs: number): string {
  const distance = ms - nowMs;
  if (Math.abs(distance) < 5_000) return "now";
  const [unit, length] = steps.find(([, stepMs]) => Math.abs(distance) >= stepMs) ?? steps.at(-1)!;
  return relative.format(Math.trunc(distance / length), unit);
}

/** Date and time in full, in the reader's zone. */
export function absoluteText(ms: number): string {
  return absolute.format(ms);
}

/** A time as its distance from now; the time itself on hover and for screen readers. */
export function TimeAgo({ at }: { at: Timestamp | number | undefined }) {
  const nowMs = useNow();
  const ms = typeof at === "number" ? at : msOf(at);
  if (ms === undefined) return <span className="soft">–</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={absoluteText(ms)} className="nowrap">
      {relativeText(ms, nowMs)}
    </time>
  );
}

/** A time in full; with its distance on hover. */
export function TimeAt({ at, brief = false }: { at: Timestamp | number | undefined; brief?: boolean }) {
  const ms = typeof at === "number" ? at : msOf(at);
  if (ms === undefined) return <span className="soft">–</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={absoluteText(ms)} className="nowrap">
      {brief ? short.format(ms) : absoluteText(ms)}
    </time>
  );
}

/** What is left until a time, counting down: "4:09". */
export function Countdown({ to }: { to: Timestamp | undefined }) {
  const nowMs = useNow();
  const ms = msOf(to);
  if (ms === undefined) return <span className="soft">–</span>;
  const seconds = Math.max(0, Math.ceil((ms - nowMs) / 1_000));
  return (
    <time dateTime={new Date(ms).toISOString()} title={absoluteText(ms)} className="nowrap">
      {seconds === 0 ? "due" : clockText(seconds)}
    </time>
  );
}

function clockText(seconds: number): string {
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [hours = 0, ...rest] = parts;
  const [minutes = 0, left = 0] = rest;
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(left)}` : `${minutes}:${two(left)}`;
}

/** A length of time: "840 ms", "2.4 s", "3 h 20 min". */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  const days = Math.floor(minutes / 1_440);
  const parts = [
    [days, "d"],
    [Math.floor(minutes / 60) % 24, "h"],
    [minutes % 60, "min"],
  ] as const;
  const said = parts.filter(([value]) => value > 0).slice(0, 2);
  return said.map(([value, unit]) => `${value} ${unit}`).join(" ");
}
