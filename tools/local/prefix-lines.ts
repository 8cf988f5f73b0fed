/**
 * Names before log lines, so that the logs of several services can share a terminal.
 */

/** ANSI colours, in turn: cyan, green, yellow, magenta, blue, red. */
const colours = [36, 32, 33, 35, 34, 31] as const;

/** Puts a name before a line. */
export type LinePrefixer = (name: string, line: string) => string;

/**
 * Makes a prefixer whose names share one column: `pricing    │ line`. With `coloured`, each of `names` gets a
 * colour of its own.
 */
export function createLinePrefixer(names: readonly string[], coloured: boolean): LinePrefixer {
  const width = Math.max(...names.map((name) => name.length));
  return (name, line) => {
    const column = `${name.padEnd(width)} │`;
    const colour = colours[Math.max(0, names.indexOf(name)) % colours.length];
    return coloured ? `\u001b[${colour}m${column}\u001b[0m ${line}` : `${column} ${line}`;
  };
}

/** Whether to colour a stream's text: a terminal that has not asked for none. */
export function wantsColour(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (environment.NO_COLOR ?? "") === "";
}
