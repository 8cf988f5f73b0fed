/**
 * Fetches the servers that the full tests run the ledger on beside this checkout's own (Redis 8, Valkey 8)
 * into `.data/test-servers`, without root: from the Debian release that has them, through the archive that
 * this machine's apt is set up with. They run on the C library and loader of that release, fetched with them.
 *
 *   node tools/local/fetch-test-servers.ts
 */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  findNamedServer,
  namedServers,
  type ServerName,
  serverNames,
} from "#platform/testing/named-server.ts";
import { withExclusiveLock } from "./exclusive-lock.ts";
import { distributions } from "./fetch-redis.ts";
import { hasApt, openPrivateApt, type PrivateApt } from "./private-apt.ts";

/** The Debian release with Redis 8.0 and Valkey 8.1. */
const suite = "trixie";
const keyring = {
  package: "debian-archive-keyring",
  path: "usr/share/keyrings/debian-archive-keyring.gpg",
} as const;
const lockWaitMs = 600_000;
/** Far more than the server's libraries need; ends a circle of packages. */
const mostPackages = 100;

/**
 * Makes sure that all named servers are there. Safe to run twice and concurrently.
 *
 * @throws Error with one line on what is missing and what to do.
 */
export async function ensureTestServers(report: (line: string) => void): Promise<void> {
  if (missingServers().length === 0) return;
  if (process.platform !== "linux" || !hasApt()) throw new Error(cannotFetch("this machine has no apt"));
  const folder = dirname(dirname(namedServers[serverNames[0]!].fetchedPath));
  mkdirSync(folder, { recursive: true });
  await withExclusiveLock(join(folder, "fetch.lock"), lockWaitMs, async () => {
    const missing = missingServers();
    if (missing.length > 0) fetchInto(folder, missing, report);
  });
}

function missingServers(): ServerName[] {
  return serverNames.filter((name) => {
    try {
      findNamedServer(name);
      return false;
    } catch {
      return true;
    }
  });
}

function cannotFetch(reason: string): string {
  const variables = missingServers().map((name) => `${namedServers[name].variable} (${name})`);
  return `Servers for the full tests can't be fetched: ${reason}. Set ${variables.join(" and ")} to paths of servers`;
}

/** Fetches into folders beside the final ones; what is there is never half replaced. */
function fetchInto(folder: string, names: readonly ServerName[], report: (line: string) => void): void {
  const workFolder = join(folder, `work-${process.pid}`);
  try {
    report(`Fetching ${names.join(" and ")} for the full tests (no root needed): reading package lists …`);
    const apt = openReleaseApt(workFolder);
    for (const name of names) {
      report(`Downloading ${name} and the libraries it needs …`);
      installServer(apt, name, join(workFolder, name));
      report(`${name} ready: ${findNamedServer(name)}`);
    }
  } finally {
    rmSync(workFolder, { recursive: true, force: true });
  }
}

/** Opens apt on the release, trusting the keys that the machine's own release has for it. */
function openReleaseApt(workFolder: string): PrivateApt {
  const own = openPrivateApt(join(workFolder, "own-release"));
  own.update();
  const uri = own.findArchive("Debian");
  if (uri === undefined) throw new Error(cannotFetch("this machine's apt knows no Debian archive"));
  const keyringFolder = join(workFolder, "keyring");
  own.unpack([keyring.package], keyringFolder);
  const keyringPath = join(keyringFolder, keyring.path);
  const apt = openPrivateApt(join(workFolder, "release"), { uri, suite, keyringPath });
  apt.update();
  return apt;
}

function installServer(apt: PrivateApt, name: ServerName, stagingFolder: string): void {
  const { product, fetchedPath } = namedServers[name];
  const distribution = distributions.find((one) => one.product === product)!;
  if (apt.findVersion(distribution.package) === undefined)
    throw new Error(cannotFetch(`Debian's ${suite} offers no ${distribution.package} here`));
  const filesFolder = join(stagingFolder, "files");
  const serverFolder = join(stagingFolder, "server");
  mkdirSync(join(serverFolder, "libraries"), { recursive: true });
  apt.unpack(withLibraries(apt, distribution.package), filesFolder);
  const program = `${distribution.server}.bin`;
  renameSync(join(filesFolder, "usr/bin", distribution.binary), join(serverFolder, program));
  const loader = copyLibraries(filesFolder, join(serverFolder, "libraries"));
  writeWrapper(join(serverFolder, basename(fetchedPath)), program, loader);
  rmSync(dirname(fetchedPath), { recursive: true, force: true });
  renameSync(serverFolder, dirname(fetchedPath));
}

/** A package and the library packages that it needs, directly or not. */
function withLibraries(apt: PrivateApt, packageName: string): string[] {
  const found = new Set([packageName]);
  for (const one of found) {
    for (const name of apt.listDependencies(one)) if (name.startsWith("lib")) found.add(name);
    if (found.size > mostPackages)
      throw new Error(`${packageName} needs more than ${mostPackages} libraries`);
  }
  return [...found];
}

/** Copies all libraries, links as files; returns the file name of the loader. */
function copyLibraries(filesFolder: string, librariesFolder: string): string {
  // Not from folders below: those are character sets and plug-ins.
  const libraries = readdirSync(filesFolder, { recursive: true, withFileTypes: true }).filter(
    ({ name, parentPath }) => /\.so(\.\d+)*$/.test(name) && /\/lib\/[^/]+-linux-[^/]+$/.test(parentPath),
  );
  for (const { parentPath, name } of libraries) {
    copyFileSync(join(parentPath, name), join(librariesFolder, name));
  }
  const loader = libraries.find(({ name }) => name.startsWith("ld-linux"));
  if (loader === undefined) throw new Error("the fetched C library has no loader");
  return loader.name;
}

function writeWrapper(path: string, program: string, loader: string): void {
  const lines = [
    "#!/bin/sh",
    '# Starts the server on the C library it was fetched with; "exec" keeps the process id.',
    'folder=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 1',
    `exec "$folder/libraries/${loader}" --library-path "$folder/libraries" "$folder/${program}" "$@"`,
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  chmodSync(path, 0o755);
}

if (import.meta.main) {
  try {
    await ensureTestServers((line) => process.stderr.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
