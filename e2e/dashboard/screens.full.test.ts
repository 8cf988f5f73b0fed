import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openCustomerLink } from "./customer-link.ts";
import { type DashboardStack, startDashboardStack } from "./dashboard-stack.ts";
import { startLiving } from "./living-customers.ts";
import { documentation, pictures, preparePictureFolders } from "./picture-folders.ts";
import { testedScreens } from "./screens.ts";
import {
  assertAccessible,
  assertFits,
  type Look,
  openPage,
  signIn,
  type WatchedPage,
  waitUntilShown,
} from "./watched-page.ts";

/** SCREENS=payments,pricing looks at those alone whose names begin so. */
const wanted = (process.env.SCREENS ?? "").split(",");
const screens = testedScreens.filter(({ name }) => wanted.some((beginning) => name.startsWith(beginning)));

/** Both themes and both widths, once each. */
const variantLooks: readonly string[] = ["light-1280", "dark-375"];

const looks: readonly Look[] = [
  { theme: "light", width: 1280 },
  { theme: "dark", width: 1280 },
  { theme: "light", width: 375 },
  { theme: "dark", width: 375 },
];

let stack: DashboardStack;
let stopLiving: () => Promise<void>;

before(async () => {
  stack = await startDashboardStack();
  await preparePictureFolders();
  for (const { seed } of screens) await seed?.(stack);
  stopLiving = await startLiving(stack);
});

after(async () => {
  await stopLiving?.();
  await stack?.stop();
});

for (const look of looks) {
  const lookName = `${look.theme}-${look.width}`;
  describe(`in ${look.theme} at ${look.width} px`, () => {
    let opened: WatchedPage;
    let customer: WatchedPage;

    before(async () => {
      opened = await openPage(stack.browser, stack.baseURL, look);
      customer = await openCustomerLink(stack, stack.ids.accountId, look);
      await opened.page.goto("/");
      await opened.page.getByLabel("Admin key").waitFor();
      await assertAccessible(opened.page);
      await opened.page.screenshot({ path: join(pictures, `sign-in-${lookName}.png`) });
      await signIn(opened.page, stack.adminKey);
      // That nobody is signed in yet is an answer 401, which browsers report.
      for (const { complaints } of [opened, customer]) complaints.length = 0;
    });

    after(async () => {
      await opened?.context.close();
      await customer?.context.close();
    });

    const shown = screens.filter(({ isVariant }) => !isVariant || variantLooks.includes(lookName));
    for (const screen of shown) {
      test(`${screen.name} is fit for everybody and complains of nothing`, async () => {
        const { page, complaints } = screen.isCustomers ? customer : opened;
        await page.goto(screen.path(stack.ids));
        await waitUntilShown(page);
        await screen.act?.(page);
        const name = `${screen.name}-${lookName}.png`;
        await page.screenshot({ path: join(pictures, name), fullPage: screen.act === undefined });
        if (process.env.WRITE_SCREENSHOTS && screen.pictures?.includes(lookName))
          await page.screenshot({ path: join(documentation, name) });
        await assertAccessible(page);
        await assertFits(page);
        const refusals = screen.refuses ? complaints.filter((text) => !text.includes("/rpc/")) : complaints;
        complaints.length = 0;
        assert.deepEqual(refusals, []);
      });
    }
  });
}
