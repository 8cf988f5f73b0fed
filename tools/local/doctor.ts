/**
 * `make doctor`: what this machine has for Holdfast, and what to do about what it lacks.
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { totalmem } from "node:os";
import { findRedisServer, readRedisServerVersion } from "#platform/testing/redis-binary.ts";
import { developmentLockPath, secretsPath } from "./data-folders.ts";
import { checkDocker, describeMissingDocker } from "./docker.ts";
import { findLockOwner } from "./exclusive-lock.ts";
import { findPortsInUse, type PortName, parsePortOffset, resolvePorts } from "./ports.ts";

/** `good`; `bad`: something needed is missing; `unused`: missing, but only needed for a part. */
type Verdict = "good" | "bad" | "unused";

/** One line of the list. */
interface Finding {
  subject: string;
  verdict: Verdict;
  text: string;
}

const marks: Readonly<Record<Verdict, string>> = { good: "✓", bad: "✗", unused: "–" };
const smallestMemoryMiB = 2_048;
const chromiumNames = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The checks, in the order of the list. */
const checks: ReadonlyArray<() => Finding | Promise<Finding>> = [
  checkNode,
  () => checkCommand("npm", "comes with Node; it installs the packages"),
  () => checkCommand("make", "you ran this without it; the other commands are in the Makefile"),
  checkRedis,
  checkCurl,
  checkContainers,
  checkPorts,
  checkSecrets,
  checkMemory,
  checkChromium,
];

function checkNode(): Finding {
  const good = Number.parseInt(process.versions.node, 10) >= 24;
  const hint = good ? process.execPath : "Node 24 or newer is needed: run make install";
  return { subject: "Node", verdict: good ? "good" : "bad", text: `${process.versions.node}, ${hint}` };
}

function checkCommand(name: string, hint: string): Finding {
  const version = readVersion(name);
  return version === undefined
    ? { subject: name, verdict: "bad", text: `not found; ${hint}` }
    : { subject: name, verdict: "good", text: version };
}

function checkRedis(): Finding {
  const subject = "Redis";
  try {
    const path = findRedisServer();
    if (path === undefined) {
      return { subject, verdict: "unused", text: "none yet; make dev and make test fetch it where they can" };
    }
    const version = readRedisServerVersion(path);
    return { subject, verdict: "good", text: `${version?.product} ${version?.version}, ${path}` };
  } catch (error) {
    return { subject, verdict: "bad", text: error instanceof Error ? error.message : String(error) };
  }
}

function checkCurl(): Finding {
  const version = readVersion("curl");
  return version === undefined
    ? { subject: "curl", verdict: "unused", text: "not found; only the tests need it" }
    : { subject: "curl", verdict: "good", text: version };
}

function checkContainers(): Finding {
  const missing = describeMissingDocker(checkDocker());
  return missing === undefined
    ? { subject: "Docker", verdict: "good", text: "engine and compose answer" }
    : { subject: "Docker", verdict: "unused", text: missing };
}

async function checkPorts(): Promise<Finding> {
  const subject = "Ports";
  const owner = findLockOwner(developmentLockPath);
  if (owner !== undefined) {
    return { subject, verdict: "good", text: `used by the stack that runs here (process ${owner})` };
  }
  const ports = resolvePorts(parsePortOffset(process.env.PORT_OFFSET), process.env);
  const taken = await findPortsInUse(ports, Object.keys(ports) as PortName[]);
  if (taken.length === 0) {
    return { subject, verdict: "good", text: `free: ${Object.values(ports).join(", ")}` };
  }
  const list = taken.map((name) => `${ports[name]} (${name})`).join(", ");
  return { subject, verdict: "bad", text: `in use: ${list}; PORT_OFFSET=1000 make dev shifts all ports` };
}

function checkSecrets(): Finding {
  const subject = ".env";
  if (!existsSync(secretsPath)) {
    return { subject, verdict: "unused", text: "none yet; make dev writes one with random secrets" };
  }
  const mode = statSync(secretsPath).mode & 0o777;
  return (mode & 0o077) === 0
    ? { subject, verdict: "good", text: "only its owner can read it" }
    : { subject, verdict: "bad", text: `others can read it (mode ${mode.toString(8)}): chmod 600 .env` };
}

function checkMemory(): Finding {
  const totalMiB = Math.floor(totalmem() / 2 ** 20);
  return totalMiB >= smallestMemoryMiB
    ? { subject: "Memory", verdict: "good", text: `${totalMiB} MiB` }
    : {
        subject: "Memory",
        verdict: "bad",
        text: `${totalMiB} MiB; the stack wants ${smallestMemoryMiB} MiB`,
      };
}

function checkChromium(): Finding {
  const version = chromiumNames.map(readVersion).find((one) => one !== undefined);
  return version === undefined
    ? { subject: "Chromium", verdict: "unused", text: "not found; only the browser tests need it" }
    : { subject: "Chromium", verdict: "good", text: version };
}

/** First line of `<command> --version`. */
function readVersion(command: string): string | undefined {
  const { status, stdout } = spawnSync(command, ["--version"], { encoding: "utf8", timeout: 10_000 });
  return status === 0 ? stdout.split("\n")[0]?.trim() : undefined;
}

const findings: Finding[] = [];
for (const check of checks) {
  findings.push(await check());
}
const width = Math.max(...findings.map(({ subject }) => subject.length));
for (const { subject, verdict, text } of findings) {
  process.stdout.write(`${marks[verdict]} ${subject.padEnd(width)}  ${text}\n`);
}
process.exitCode = findings.some(({ verdict }) => verdict === "bad") ? 1 : 0;
