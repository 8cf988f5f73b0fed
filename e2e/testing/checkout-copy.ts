import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

const repositoryFolder = resolve(import.meta.dirname, "../..");

/** Folders and files that running the system needs, besides the installed packages. */
const copied = ["e2e/stripe", "examples/demo", "gen", "package.json", "proto", "services", "tools"];
const leftOut = new Set(["node_modules", "dist"]);

/** A fresh clone of this checkout, as it is now: without secrets and data, with the installed packages. */
export interface CheckoutCopy extends Disposable {
  readonly folder: string;
}

/** Makes one in a temporary folder, so that the checkout's own secrets, data and lock are left alone. */
export function copyCheckout(): CheckoutCopy {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-checkout-"));
  for (const name of copied) {
    cpSync(join(repositoryFolder, name), join(folder, name), {
      recursive: true,
      filter: (source) => !leftOut.has(basename(source)),
    });
  }
  symlinkSync(join(repositoryFolder, "node_modules"), join(folder, "node_modules"));
  return {
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
