import type { Readable } from "node:stream";

/** A line longer than this is handed on in pieces, so that a child cannot fill the memory. */
const longestLine = 65_536;

/** Reads a stream as UTF-8 and calls back for each line, without its line end; also for a last unended one. */
export function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) {
      lines.push(rest);
      rest = "";
    }
    for (const line of lines) {
      onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    }
  });
  stream.on("end", () => {
    if (rest !== "") {
      onLine(rest);
      rest = "";
    }
  });
}
