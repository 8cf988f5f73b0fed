/**
 * Joins each service with all that it imports, so that a process reads some twenty files instead of two thousand and
 * is up with a third of the work. For tests, which start services by the hundred: Lua and data are still read from the
 * checkout, and what runs elsewhere are the sources.
 *
 * Usage: node tools/local/bundle-services.ts <folder>
 */
import { mkdirSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { serviceNames } from "./ports.ts";

const repositoryFolder = resolve(import.meta.dirname, "../..");

/** Lets a module say where it lay, since the files beside it stay there. */
const formerPlaces: Plugin = {
  name: "former-places",
  transform(code, id) {
    if (id.startsWith("\0") || !/import\.meta\.|__dirname/.test(code)) return null;
    return code
      .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href))
      .replaceAll(/import\.meta\.dirname|\b__dirname\b/g, JSON.stringify(dirname(id)));
  },
};

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("Usage: node tools/local/bundle-services.ts <folder>");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const bundle = await rolldown({
  cwd: repositoryFolder,
  input: Object.fromEntries(serviceNames.map((name) => [name, `services/${name}/main.ts`])),
  platform: "node",
  plugins: [formerPlaces],
  logLevel: "warn",
});
await bundle.write({
  dir: resolve(folder),
  format: "esm",
  entryFileNames: "[name].mjs",
  chunkFileNames: "[name]-[hash].mjs",
});
await bundle.close();
