import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContext, Page } from "playwright-core";

/** How a page is looked at. */
export interface Look {
  readonly theme: "light" | "dark";
  readonly width: 1280 | 375;
}

export const waitMs = 60_000;

/** A page of which every complaint is kept. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained of: console errors, exceptions, blocked resources. */
  readonly complaints: string[];
}

/** Opens an empty page. */
export async function openPage(
  browser: Browser,
  baseURL: string,
  { theme, width }: Look,
): Promise<WatchedPage> {
  const context = await browser.newContext({
    baseURL,
    colorScheme: theme,
    viewport: { width, height: width === 375 ? 812 : 860 },
    hasTouch: width === 375,
    locale: "en-GB",
    timezoneId: "UTC",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(waitMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { page, context, complaints };
}

/** Signs in as a person does. */
export async function signIn(page: Page, adminKey: string): Promise<void> {
  await page.goto("/");
  await page.getByLabel("Admin key").fill(adminKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("nav[aria-label=Screens]").waitFor({ state: "attached" });
}

/** Waits until everything that the page asked for is there. */
export async function waitUntilShown(page: Page): Promise<void> {
  await page.locator("main h1").first().waitFor();
  const loading = page.locator('main [aria-label="Loading"]');
  while ((await loading.count()) > 0) await loading.first().waitFor({ state: "detached" });
  await page.evaluate("document.fonts.ready.then(() => undefined)");
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResult {
  readonly violations: ReadonlyArray<{
    readonly id: string;
    readonly help: string;
    readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary?: string }>;
  }>;
}

/** Ends with the last animation that has an end; one that is taken away counts as ended. */
const endOfAnimations = `Promise.allSettled(
  document.getAnimations()
    .filter((animation) => animation.effect.getComputedTiming().endTime < Infinity)
    .map((animation) => animation.finished),
).then(() => undefined)`;

/** Fails with what axe finds wrong with the page for people who cannot see or point. */
export async function assertAccessible(page: Page): Promise<void> {
  // What lights up or fades in has less contrast for a moment.
  await page.evaluate(endOfAnimations);
  await page.evaluate(axeSource);
  const { violations } = (await page.evaluate("axe.run(document)")) as AxeResult;
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary ?? ""}`),
  );
  assert.deepEqual(found, []);
}

/** Fails if the page is wider than the window. */
export async function assertFits(page: Page): Promise<void> {
  const [content, frame] = (await page.evaluate(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  )) as [number, number];
  assert.ok(content <= frame, `the page is ${content} px wide in a window of ${frame} px`);
}
