import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { dashboardFolder } from "../../services/admin/http/dashboard-pages.ts";

/** A file of the build, as Vite's manifest describes it. */
interface BuiltFile {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly css?: readonly string[];
}

/** Scripts and styles, compressed, of what a browser has loaded when a screen stands. */
const maxBytes = 180 * 1024;

const manifest = JSON.parse(readFileSync(join(dashboardFolder, ".vite/manifest.json"), "utf8")) as Record<
  string,
  BuiltFile
>;
const [entry] = Object.keys(manifest).filter((name) => manifest[name]?.isEntry);
const screens = Object.keys(manifest).filter((name) => /^src\/(screens|customer)\/.*-page\.tsx$/.test(name));

/** Every file that comes with these, without what is fetched later. */
function filesOf(names: readonly string[], seen = new Set<string>()): Set<string> {
  for (const name of names) {
    const { file, css = [], imports = [] } = manifest[name]!;
    if (seen.has(file)) continue;
    for (const each of [file, ...css]) seen.add(each);
    filesOf(imports, seen);
  }
  return seen;
}

function compressedBytes(files: Iterable<string>): number {
  return [...files].reduce(
    (sum, file) => sum + gzipSync(readFileSync(join(dashboardFolder, file))).length,
    0,
  );
}

test("there is an entry and a page for each screen", () => {
  assert.ok(entry !== undefined && screens.length > 0);
});

for (const screen of screens) {
  test(`${screen} is up with at most 180 KB of scripts and styles`, (context) => {
    const bytes = compressedBytes(filesOf([entry!, screen]));
    context.diagnostic(`${(bytes / 1024).toFixed(1)} KB`);
    assert.ok(bytes <= maxBytes, `${bytes} bytes`);
  });
}
