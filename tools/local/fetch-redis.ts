/**
 * Makes sure that this checkout has a Redis server: finds one, or on Debian and Ubuntu fetches the
 * distribution's package into `.data/redis` without root. Prints progress on stderr, the path on stdout.
 *
 *   node tools/local/fetch-redis.ts
 */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  fetchedRedisServerPath,
  findRedisServer,
  isSupportedVersion,
  readRedisServerVersion,
} from "#platform/testing/redis-binary.ts";
import { withExclusiveLock } from "./exclusive-lock.ts";
import { hasApt, openPrivateApt, type PrivateApt } from "./private-apt.ts";

/**
 * Debian's server packages only add a service around the binary: the tools package holds the same program
 * under the name of its dump checker, and the name it is started by decides what it does.
 */
export const distributions = [
  { package: "redis-tools", binary: "redis-check-rdb", product: "redis", server: "redis-server" },
  { package: "valkey-tools", binary: "valkey-check-rdb", product: "valkey", server: "valkey-server" },
] as const;
type Distribution = (typeof distributions)[number];

const lockWaitMs = 300_000;
/** Library packages of library packages; two levels have been enough even for an image without systemd. */
const dependencyDepth = 3;

/** What to do where nothing can be fetched. */
export const installHint: string =
  "No Redis found: install Redis ≥ 7.0 or Valkey ≥ 8 (macOS: brew install redis; Fedora: dnf install valkey; " +
  "Debian/Ubuntu: apt install redis-server) or set REDIS_SERVER to the path of the server.";

/**
 * The absolute path of a usable Redis server, fetched if need be. Safe to run twice and concurrently.
 *
 * @throws Error with one line that says what to install, if there is none and none can be fetched.
 */
export async function ensureRedisServer(report: (line: string) => void): Promise<string> {
  const found = findRedisServer();
  if (found !== undefined) {
    return found;
  }
  if (process.platform !== "linux" || !hasApt()) {
    throw new Error(installHint);
  }
  const folder = dirname(dirname(fetchedRedisServerPath));
  mkdirSync(folder, { recursive: true });
  return withExclusiveLock(join(folder, "fetch.lock"), lockWaitMs, async () => {
    const fetchedMeanwhile = findRedisServer();
    return fetchedMeanwhile ?? fetchInto(folder, report);
  });
}

/** Fetches everything into a private folder first; what is already installed is never half replaced. */
function fetchInto(folder: string, report: (line: string) => void): string {
  const aptFolder = join(folder, "apt", String(process.pid));
  const stagingFolder = join(folder, `staging-${process.pid}`);
  try {
    report(
      "No Redis server found. Fetching the distribution's package (no root needed): reading package lists …",
    );
    const apt = openPrivateApt(aptFolder);
    apt.update();
    const choice = choosePackage(apt);
    report(`Downloading ${choice.distribution.package} ${choice.version} and the libraries it needs …`);
    unpackServer(apt, choice.distribution, stagingFolder);
    install(stagingFolder, choice);
    report(`Redis server ready: ${fetchedRedisServerPath}`);
    return fetchedRedisServerPath;
  } finally {
    rmSync(aptFolder, { recursive: true, force: true });
    rmSync(stagingFolder, { recursive: true, force: true });
  }
}

/** A package whose server the ledger can run on. */
export interface PackageChoice {
  distribution: Distribution;
  /** Without epoch and revision, e.g. `7.0.15`. */
  version: string;
}

/**
 * Redis if the distribution's is new enough, else Valkey.
 *
 * @throws Error with what the distribution has and what to install instead.
 */
export function choosePackage(apt: Pick<PrivateApt, "findVersion">): PackageChoice {
  const tooOld: string[] = [];
  for (const distribution of distributions) {
    const version = apt.findVersion(distribution.package);
    if (version === undefined) {
      continue;
    }
    if (isSupportedVersion({ product: distribution.product, version })) {
      return { distribution, version };
    }
    tooOld.push(`${distribution.package} ${version}`);
  }
  const reason = tooOld.length > 0 ? `This distribution has only ${tooOld.join(", ")}. ` : "";
  throw new Error(reason + installHint);
}

/** Lays `server` and `libraries/` into the staging folder and proves that the server starts. */
function unpackServer(apt: PrivateApt, distribution: Distribution, stagingFolder: string): void {
  const filesFolder = join(stagingFolder, "files");
  const librariesFolder = join(stagingFolder, "libraries");
  const serverPath = join(stagingFolder, distribution.server);
  apt.unpack([distribution.package], filesFolder);
  renameSync(join(filesFolder, "usr/bin", distribution.binary), serverPath);
  mkdirSync(librariesFolder);

  let packages: string[] = [distribution.package];
  let missing = listMissingLibraries(serverPath, librariesFolder);
  for (let depth = 0; depth < dependencyDepth && missing.length > 0; depth++) {
    packages = packages.flatMap((name) => apt.listDependencies(name)).filter(isLibrary);
    apt.unpack(packages, filesFolder);
    collectLibraries(missing, filesFolder, librariesFolder);
    missing = listMissingLibraries(serverPath, librariesFolder);
  }
  rmSync(filesFolder, { recursive: true });
  if (missing.length > 0) {
    throw new Error(`The fetched Redis lacks ${missing.join(", ")}. ${installHint}`);
  }
}

/** The C library is left out: it belongs to the machine's loader and must not be mixed with another one. */
function isLibrary(packageName: string): boolean {
  return packageName.startsWith("lib") && !/^lib(c6|gcc)/.test(packageName);
}

/** Sonames that the loader finds neither on the machine nor in `librariesFolder`. */
function listMissingLibraries(binary: string, librariesFolder: string): string[] {
  const { stdout } = spawnSync("ldd", [binary], {
    env: { ...process.env, LD_LIBRARY_PATH: librariesFolder },
    encoding: "utf8",
  });
  return [...(stdout ?? "").matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]!);
}

/** Copies each missing library, under its soname and without links, from the unpacked packages. */
function collectLibraries(sonames: readonly string[], filesFolder: string, librariesFolder: string): void {
  for (const entry of readdirSync(filesFolder, { recursive: true, withFileTypes: true })) {
    if (!entry.isDirectory() && sonames.includes(entry.name)) {
      copyFileSync(join(entry.parentPath, entry.name), join(librariesFolder, entry.name));
    }
  }
}

/** Moves the staged server into place; the wrapper comes last, so whoever sees it sees all of it. */
function install(stagingFolder: string, { distribution, version }: PackageChoice): void {
  const binFolder = dirname(fetchedRedisServerPath);
  const serverFolder = `${distribution.product}-${version}`;
  const target = join(binFolder, "..", serverFolder);
  mkdirSync(binFolder, { recursive: true });
  rmSync(target, { recursive: true, force: true });
  renameSync(stagingFolder, target);
  const wrapper = [
    "#!/bin/sh",
    '# Starts the server beside the libraries it was fetched with; "exec" keeps the process id.',
    `folder=$(CDPATH= cd -- "$(dirname -- "$0")/../${serverFolder}" && pwd) || exit 1`,
    'LD_LIBRARY_PATH="$folder/libraries"',
    "export LD_LIBRARY_PATH",
    `exec "$folder/${distribution.server}" "$@"`,
  ];
  const draft = `${fetchedRedisServerPath}.${process.pid}`;
  writeFileSync(draft, `${wrapper.join("\n")}\n`);
  chmodSync(draft, 0o755);
  renameSync(draft, fetchedRedisServerPath);
  if (readRedisServerVersion(fetchedRedisServerPath) === undefined) {
    rmSync(fetchedRedisServerPath, { force: true });
    throw new Error(`The fetched Redis does not start. ${installHint}`);
  }
}

if (import.meta.main) {
  try {
    const path = await ensureRedisServer((line) => process.stderr.write(`${line}\n`));
    process.stdout.write(`${path}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
