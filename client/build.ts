/** Builds the package into `dist`: JavaScript and types of the client and of the generated code that it uses. */
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const folder = import.meta.dirname;
const root = join(folder, "..");
const output = join(folder, "dist");

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, "utf8")) as Manifest;
}

/** What is packed is what the repository's tests ran against. */
function requireSameVersions(client: Manifest, repository: Manifest): void {
  const tested = { ...repository.devDependencies, ...repository.dependencies };
  const expected: Record<string, string> = { version: repository.version, ...tested };
  for (const [name, version] of Object.entries({ version: client.version, ...client.dependencies })) {
    if (expected[name] !== version)
      throw new Error(`client/package.json has ${name} ${version}, the repository ${expected[name]}`);
  }
}

requireSameVersions(readManifest(join(folder, "package.json")), readManifest(join(root, "package.json")));
rmSync(output, { recursive: true, force: true });
const compiler = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
execFileSync(process.execPath, [compiler, "--project", folder], { stdio: "inherit" });
for (const name of ["LICENSE", "NOTICE"]) copyFileSync(join(root, name), join(output, name));
