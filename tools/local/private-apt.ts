/**
 * Debian's apt with its own state in a folder: reads the machine's sources and keys, writes nothing outside
 * the folder, installs nothing and needs no root.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const downloadTimeoutMs = 240_000;

/** A package index and downloads below one folder. */
export interface PrivateApt {
  /** Loads the package lists. Sources that fail are passed over: what matters is what is found afterwards. */
  update(): void;
  /** The version `download` would take, without epoch and revision (e.g. `7.0.15`); undefined if unknown. */
  findVersion(packageName: string): string | undefined;
  /** Address of the archive of a distribution (e.g. `Debian`) among the sources; known after `update`. */
  findArchive(distribution: string): string | undefined;
  /** Names of the packages that one depends on, first alternatives only. */
  listDependencies(packageName: string): string[];
  /** Downloads packages (verified by apt) and unpacks them into `targetFolder`. */
  unpack(packageNames: readonly string[], targetFolder: string): void;
}

/** One archive to use in place of the machine's sources. */
export interface AptSource {
  /** Address of the archive, as in a line of `sources.list`. */
  uri: string;
  /** E.g. `trixie`. */
  suite: string;
  /** The keys that may sign its lists. */
  keyringPath: string;
}

/** Whether this machine has apt at all. */
export function hasApt(): boolean {
  return ["apt-get", "apt-cache", "apt-config", "dpkg-deb"].every(
    (command) => spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined,
  );
}

/** Opens apt with its state below `folder`, which is created; on the machine's own sources unless one is given. */
export function openPrivateApt(folder: string, source?: AptSource): PrivateApt {
  const options = preparePrivateState(folder, source);
  const run = (command: string, parameters: readonly string[], cwd: string = folder): string =>
    execFileSync(command, parameters, {
      cwd,
      env: { ...process.env, ...options, LC_ALL: "C" },
      encoding: "utf8",
      timeout: downloadTimeoutMs,
      stdio: ["ignore", "pipe", "pipe"],
    });

  return {
    update() {
      try {
        run("apt-get", ["-q", "update"]);
      } catch (error) {
        const reason = String((error as { stderr?: unknown }).stderr ?? error).trim();
        process.stderr.write(`apt-get update reported: ${reason}\n`);
      }
    },
    findVersion(packageName) {
      const candidate = /Candidate: (?:\d+:)?(\d[\w.]*)/.exec(run("apt-cache", ["policy", packageName]));
      return candidate?.[1];
    },
    findArchive(distribution) {
      const targets = run("apt-get", ["indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)"]);
      const prefix = `${distribution}|${distribution}|`;
      return targets
        .split("\n")
        .find((line) => line.startsWith(prefix))
        ?.slice(prefix.length);
    },
    listDependencies(packageName) {
      const fields = run("apt-cache", ["show", "--no-all-versions", packageName]);
      const depends = [...fields.matchAll(/^(?:Pre-)?Depends: (.*)$/gm)].flatMap((match) =>
        match[1]!.split(","),
      );
      return depends.flatMap((one) => /^\s*([a-z0-9][a-z0-9+.-]*)/.exec(one)?.[1] ?? []);
    },
    unpack(packageNames, targetFolder) {
      const downloads = join(folder, `download-${packageNames[0]}`);
      mkdirSync(downloads, { recursive: true });
      mkdirSync(targetFolder, { recursive: true });
      run("apt-get", ["-q", "download", ...packageNames], downloads);
      for (const file of readdirSync(downloads).filter((name) => name.endsWith(".deb"))) {
        run("dpkg-deb", ["-x", join(downloads, file), targetFolder]);
      }
    },
  };
}

/**
 * Writes an apt configuration that is the machine's own (proxies, mirrors, keys) with the state moved here
 * and the update hooks left out, since hooks act on the whole machine. Returns the environment that selects it.
 */
function preparePrivateState(folder: string, source: AptSource | undefined): { APT_CONFIG: string } {
  for (const part of ["state/lists/partial", "cache/archives/partial"]) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  const emptyStatus = join(folder, "state/status");
  writeFileSync(emptyStatus, "");
  const machine = execFileSync("apt-config", ["dump"], { encoding: "utf8" })
    .split("\n")
    .filter(
      (line) =>
        !/^(APT::Update|DPkg|Dir::State|Dir::Cache|Dir::Etc::(main|parts)|APT::Sandbox)\b/i.test(line),
    );
  const own = [
    `Dir::State "${folder}/state";`,
    'Dir::State::lists "lists/";',
    `Dir::State::status "${emptyStatus}";`,
    `Dir::Cache "${folder}/cache";`,
    'Dir::Cache::archives "archives/";',
    'Dir::Cache::pkgcache "";',
    'Dir::Cache::srcpkgcache "";',
    'Dir::Etc::main "/dev/null";',
    'Dir::Etc::parts "/dev/null";',
    // The download user _apt may not reach this folder.
    'APT::Sandbox::User "root";',
    // Only package lists, no translations or software-centre metadata.
    'Acquire::Languages "none";',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";',
    'Acquire::Retries "3";',
    ...(source === undefined ? [] : writeSource(folder, source)),
  ];
  const configuration = join(folder, "apt.conf");
  // 0600: a proxy of the machine's configuration may carry a password.
  writeFileSync(configuration, `${[...machine, ...own].join("\n")}\n`, { mode: 0o600 });
  return { APT_CONFIG: configuration };
}

/** Settings that replace the machine's sources by one. */
function writeSource(folder: string, { uri, suite, keyringPath }: AptSource): string[] {
  const list = join(folder, "sources.list");
  // 0600: the address of a mirror may carry a password.
  writeFileSync(list, `deb [signed-by=${keyringPath}] ${uri} ${suite} main\n`, { mode: 0o600 });
  return [`Dir::Etc::sourcelist "${list}";`, 'Dir::Etc::sourceparts "/dev/null";'];
}
