import assert from "node:assert/strict";
import { resolve } from "node:path";

const repositoryFolder = resolve(import.meta.dirname, "../..");

/** What tells a stranger how the inside looks: places in code, paths, and the words of the store and of Lua. */
const internals: ReadonlyArray<[what: string, sign: RegExp]> = [
  ["a stack trace", /\n\s+at |\bat (async )?[\w.#<>]+ \(|node:internal/],
  ["a source file", /\.(ts|js|lua|mjs):\d+|node_modules|user_script|user_function/],
  ["a path of the machine", /\/proc\/|\/tmp\/|\/home\/|file:\/\//],
  [
    "an error of the store",
    /WRONGTYPE|NOSCRIPT|CROSSSLOT|NOAUTH|MISCONF|\bERR [a-z]|EVALSHA|FCALL|redis:\/\//i,
  ],
  [
    "an error of the language",
    /TypeError|RangeError|SyntaxError|undefined is not|is not a function|Cannot read/,
  ],
  ["an address inside", /ECONNREFUSED|ECONNRESET|ENOENT/],
];

/** Fails if an answer tells anything of the inside. What the caller sent may come back in it. */
export function assertNothingLeaks(answer: string, sent: string, where: string): void {
  const own = sent === "" ? answer : answer.replaceAll(sent, "…");
  assert.ok(
    !own.includes(repositoryFolder),
    `${where}: the folder of the software in ${own.slice(0, 1_000)}`,
  );
  for (const [what, sign] of internals)
    assert.doesNotMatch(own, sign, `${where}: ${what} in ${own.slice(0, 1_000)}`);
}
