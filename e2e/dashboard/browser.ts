import { type Browser, chromium } from "playwright-core";
import { chromiumHint, findChromium } from "../../tools/local/fetch-chromium.ts";

const startWithinMs = 90_000;

/**
 * Starts the browser. As root in a container its own sandbox cannot work; it sees pages of the system under test only.
 *
 * @throws Error with a line that says what to install.
 */
export function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(chromiumHint);
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--font-render-hinting=none", "--disable-lcd-text"],
    timeout: startWithinMs,
  });
}
