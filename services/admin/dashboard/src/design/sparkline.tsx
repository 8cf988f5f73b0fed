import "./sparkline.css";

const width = 120;
const height = 32;

/** The course of a figure as a line, without scale; empty texts are gaps. A drawing only: figures stay exact. */
export function Sparkline({ course }: { course: readonly string[] }) {
  const values = course.map((text) => (text === "" ? Number.NaN : Number(text)));
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length < 2)
    return (
      <svg
        className="sparkline"
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <line x1={0} x2={width} y1={height - 1} y2={height - 1} />
      </svg>
    );
  const least = Math.min(...known);
  const span = Math.max(...known) - least;
  const x = (index: number) => (index / (values.length - 1)) * width;
  const y = (value: number) =>
    span === 0 ? height - 3 : height - 3 - ((value - least) / span) * (height - 6);
  const points = values.flatMap((value, index) =>
    Number.isNaN(value) ? [] : [[x(index).toFixed(1), y(value).toFixed(1)]],
  );
  const line = points.map(([left, top]) => `${left},${top}`).join(" ");
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={`${points[0]?.[0]},${height} ${line} ${points.at(-1)?.[0]},${height}`} />
      <polyline points={line} />
    </svg>
  );
}
