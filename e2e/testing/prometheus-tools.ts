import { spawnSync } from "node:child_process";
import { ensurePrometheusTool, type PrometheusTool } from "../../tools/local/fetch-prometheus-tools.ts";

/** Runs one of the tools on what `input` holds. @throws Error with everything it wrote if it complains. */
export type RunPrometheusTool = (tool: PrometheusTool, parameters: readonly string[], input?: string) => void;

/** Most that one of the tools writes, in bytes. */
const mostOutputBytes = 16 << 20;

/** The tools, or undefined, and said so, on a machine that has none and can't fetch them. */
export async function findPrometheusTools(): Promise<RunPrometheusTool | undefined> {
  try {
    const paths = {
      promtool: await ensurePrometheusTool("promtool"),
      amtool: await ensurePrometheusTool("amtool"),
    };
    return (tool, parameters, input = "") => {
      const { status, stdout, stderr, error } = spawnSync(paths[tool], parameters, {
        input,
        encoding: "utf8",
        maxBuffer: mostOutputBytes,
      });
      if (status !== 0)
        throw new Error(`${tool} ${parameters.join(" ")}:\n${stdout}${stderr}`, { cause: error });
    };
  } catch (error) {
    process.stderr.write(`What promtool and amtool check is left out: ${(error as Error).message}\n`);
    return undefined;
  }
}
