/**
 * Completes `package-lock.json` after `npm install`. npm leaves out optional packages for other systems if
 * the registry at hand does not carry them, and `npm ci` then refuses the lock everywhere. Entries with the
 * exact version and the platform are enough for it; they are only ever fetched on that platform.
 *
 *   node tools/local/complete-lock.ts
 */
import { readFileSync, writeFileSync } from "node:fs";

/** The parts of a lock (version 3) that matter here; everything else is kept as it is. */
export interface PackageLock {
  packages: Record<string, LockedPackage>;
}

/** One package of a lock. */
export interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const systems = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"] as const;
const processors: ReadonlyArray<[pattern: RegExp, cpu: string]> = [
  [/arm64|aarch64/, "arm64"],
  [/arm/, "arm"],
  [/x64/, "x64"],
  [/ia32/, "ia32"],
  [/ppc64/, "ppc64"],
  [/riscv64/, "riscv64"],
  [/s390x/, "s390x"],
  [/wasm32/, "wasm32"],
];

/** The optional packages that a lock names but does not lock: path in node_modules → entry to add. */
export function listMissingPackages(lock: PackageLock): Map<string, LockedPackage> {
  const missing = new Map<string, LockedPackage>();
  for (const [dependent, { optionalDependencies, dev }] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
      const path = `node_modules/${name}`;
      if (lock.packages[path] === undefined && lock.packages[`${dependent}/${path}`] === undefined) {
        missing.set(path, describePlatformPackage(name, version, dev === true));
      }
    }
  }
  return missing;
}

/** The same lock with every missing package, in npm's order. */
export function completeLock<T extends PackageLock>(lock: T): T {
  const all = [...Object.entries(lock.packages), ...listMissingPackages(lock)];
  return { ...lock, packages: Object.fromEntries(all.sort(([a], [b]) => a.localeCompare(b, "en"))) };
}

/**
 * Platform packages are pinned exactly by their dependents and say their platform in their name.
 *
 * @throws Error if one does not: then only a registry that carries it can lock it.
 */
function describePlatformPackage(name: string, version: string, dev: boolean): LockedPackage {
  const system = systems.find((one) => name.includes(one));
  const cpu = processors.find(([pattern]) => pattern.test(name))?.[1];
  const isExact = /^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version);
  // WebAssembly runs on any system.
  if (!isExact || cpu === undefined || (system === undefined && cpu !== "wasm32")) {
    throw new Error(`cannot lock the optional package ${name} ${version} without a registry that has it`);
  }
  return {
    version,
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(name.endsWith("-musl") ? { libc: ["musl"] } : {}),
    optional: true,
    ...(system === undefined ? {} : { os: [system] }),
  };
}

if (import.meta.main) {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as PackageLock;
  const missing = listMissingPackages(lock);
  writeFileSync("package-lock.json", `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  process.stdout.write(`package-lock.json: ${missing.size} packages for other systems added\n`);
}
