import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where browsers lie that drive pages without a screen; CHROMIUM names another one. */
const places = [
  process.env.CHROMIUM,
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
] as const;

/** The browser of the tests. @throws Error with a line that says what to install. */
export function findChromium(): string {
  const found = places.find((path) => path !== undefined && existsSync(path));
  if (found === undefined)
    throw new Error("No Chromium found: on Debian apt install chromium, else set CHROMIUM to its path.");
  return found;
}

/** Starts the browser. It may run as root in a container, where its own sandbox cannot. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: ["--no-sandbox", "--font-render-hinting=none", "--disable-lcd-text"],
    timeout: 60_000,
  });
}
