import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { forEachLine } from "../testing/for-each-line.ts";
import { spawnTethered } from "../testing/tethered-process.ts";

/** What a process of its own writes to standard output when it logs so. */
async function linesOf(format: string, level: string, statements: string): Promise<string[]> {
  const module = new URL("./log.ts", import.meta.url).href;
  const program = `import { createLogger } from ${JSON.stringify(module)};
    const log = createLogger({ service: "testing", level: "${level}", format: "${format}" });
    ${statements}`;
  const child = spawnTethered(process.execPath, ["--input-type=module", "--eval", program]);
  const lines: string[] = [];
  forEachLine(child.stdout, (line) => lines.push(line));
  const ended = new Promise((resolve) => child.stdout.once("close", resolve));
  assert.deepEqual(await child.waitForExit(), { code: 0, signal: null });
  await ended;
  return lines;
}

describe("the log", () => {
  test("is one JSON object a line, with service and time", async () => {
    const lines = await linesOf("json", "info", `log.info({ a: 1 }, "two\\nlines"); log.debug("not shown");`);
    assert.equal(lines.length, 1);
    const entry = JSON.parse(lines[0] ?? "");
    assert.deepEqual([entry.service, entry.a, entry.msg], ["testing", 1, "two\nlines"]);
    assert.ok(Math.abs(Date.parse(entry.time) - Date.now()) < 60_000);
  });

  test("never shows what is secret, in either format, nor in children", async () => {
    const statements = `
      const secrets = { authorization: "swordfish", token: "swordfish", secret: "swordfish", password: "swordfish" };
      log.info(secrets, "top");
      log.info({ headers: secrets, settings: secrets, err: Object.assign(new Error("x"), secrets) }, "nested");
      log.child({ headers: secrets }).warn(secrets, "child");`;
    for (const format of ["json", "pretty"]) {
      const lines = await linesOf(format, "trace", statements);
      assert.ok(lines.some((line) => line.includes("nested")));
      assert.ok(!lines.join("\n").includes("swordfish"), lines.join("\n"));
    }
  });

  test("an error shows its cause", async () => {
    const [line] = await linesOf(
      "json",
      "info",
      `log.error({ err: new Error("outer", { cause: new Error("inner") }) }, "failed");`,
    );
    assert.match(line ?? "", /outer.*inner/);
  });
});
