/**
 * Makes sure that the tests have a browser: finds one, or on Debian installs the distribution's, which needs root.
 * Prints progress on stderr, the path on stdout.
 *
 *   node tools/local/fetch-chromium.ts
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { withExclusiveLock } from "./exclusive-lock.ts";
import { hasApt } from "./private-apt.ts";

/** Browsers that drive pages without a screen. */
const places = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
] as const;

/** The smallest package first; older distributions have only the whole browser. */
const packages = ["chromium-headless-shell", "chromium"] as const;

const dataFolder = resolve(import.meta.dirname, "../../.data");
const lockWaitMs = 600_000;
const installTimeoutMs = 540_000;

/** What to do where nothing can be installed. */
export const chromiumHint =
  "No Chromium found: install it (Debian/Ubuntu: apt install chromium; macOS: brew install chromium) or set CHROMIUM " +
  "to its path.";

/** The path of a browser: CHROMIUM, or one that is installed; undefined if there is none. */
export function findChromium(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return [environment.CHROMIUM, ...places].find(
    (path) => path !== undefined && path !== "" && existsSync(path),
  );
}

/**
 * The path of a browser, installed if need be and possible.
 *
 * @throws Error with one line that says what to install.
 */
async function ensureChromium(): Promise<string> {
  const found = findChromium();
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0 || !hasApt()) throw new Error(chromiumHint);
  mkdirSync(dataFolder, { recursive: true });
  return withExclusiveLock(resolve(dataFolder, "chromium.lock"), lockWaitMs, async () => {
    const installed = findChromium() ?? installFirst();
    if (installed === undefined) throw new Error(chromiumHint);
    return installed;
  });
}

function installFirst(): string | undefined {
  runApt(["update"]);
  for (const name of packages) {
    process.stderr.write(`Installing ${name} for the tests of the dashboard …\n`);
    if (runApt(["install", "--yes", "--no-install-recommends", name])) return findChromium();
  }
  return undefined;
}

function runApt(parameters: readonly string[]): boolean {
  try {
    execFileSync("apt-get", ["-qq", ...parameters], {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
      stdio: ["ignore", "ignore", "pipe"],
      timeout: installTimeoutMs,
    });
    return true;
  } catch (error) {
    const reason = String((error as { stderr?: unknown }).stderr ?? error).trim();
    process.stderr.write(`apt-get ${parameters[0]} reported: ${reason}\n`);
    return false;
  }
}

if (import.meta.main) {
  try {
    process.stdout.write(`${await ensureChromium()}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
