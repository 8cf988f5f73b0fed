import { useId } from "react";
import "./system.css";

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes as people read them: "812 MiB". Memory is no money: a rounded figure says it best. */
export function bytesText(bytes: bigint): string {
  let value = Number(bytes);
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** How full the fullest server is. */
export function MemoryBar({ usedBytes, maxBytes }: { usedBytes: bigint; maxBytes: bigint }) {
  const labelId = useId();
  const percent = maxBytes === 0n ? undefined : Number((usedBytes * 100n) / maxBytes);
  return (
    <div className="memory">
      <div className="memory-text">
        <span id={labelId} className="soft">
          Memory of the fullest server
        </span>
        <strong>
          {bytesText(usedBytes)}
          {percent === undefined ? ", no limit set" : ` of ${bytesText(maxBytes)}`}
        </strong>
      </div>
      {percent !== undefined && (
        <meter aria-labelledby={labelId} min={0} max={100} high={75} low={75} optimum={0} value={percent}>
          {percent} %
        </meter>
      )}
    </div>
  );
}
