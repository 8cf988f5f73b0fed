/**
 * What the Dockerfile does, without Docker: its packages by its own command, its files and no others for each of the
 * five images, and its services started from them as it starts them.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "#platform/testing/eventually.ts";
import { startRedis, type TestRedis } from "#platform/testing/redis-server.ts";
import { findFreePortOffset, resolvePorts, type ServiceName, serviceNames } from "../../tools/local/ports.ts";
import { makeServiceEnvironment } from "../../tools/local/stack-environment.ts";
import { runCommand } from "../testing/run-command.ts";

const dockerfile = readFileSync("Dockerfile", "utf8");
/** The image's user; without root it is whoever runs this. */
const user = process.getuid?.() === 0 ? { uid: 1_000, gid: 1_000 } : {};
const serviceName = /\$\{SERVICE\}/;
const installMs = 600_000;
const startMs = 120_000;

let folder: string;
let redis: TestRedis;
let environment: NodeJS.ProcessEnv;
const running = new Map<ServiceName, ChildProcess>();
const said: string[] = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-image-"));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "bin"));
  copyFileSync(process.execPath, join(folder, "bin/node"));
  await installPackages();
  for (const service of serviceNames) layOut(service);
  // What is nowhere writable is nowhere written: the containers' own file system is read-only.
  assert.equal((await runCommand("chmod", ["-R", "a-w", folder])).code, 0);
  redis = await startRedis({ port: true });
  const portOffset = await findFreePortOffset();
  const dataFolder = mkdtempSync(join(tmpdir(), "holdfast-image-data-"));
  if (user.uid !== undefined) chownSync(dataFolder, user.uid, user.gid);
  environment = makeServiceEnvironment({
    base: { REDIS_URL: redis.url, EXCHANGE_REFRESH: "false", PATH: `${join(folder, "bin")}:/usr/bin:/bin` },
    ports: resolvePorts(portOffset, {}),
    portOffset,
    dataFolder,
    redisPassword: undefined,
  });
});

after(async () => {
  for (const child of running.values()) child.kill("SIGKILL");
  await redis?.stop();
  await runCommand("chmod", ["-R", "u+w", folder]);
  await rm(folder, { recursive: true, force: true });
  if (environment?.DATA_DIR !== undefined) await rm(environment.DATA_DIR, { recursive: true, force: true });
});

/** The first stage: what it copies, and what it runs there. */
async function installPackages(): Promise<void> {
  const [, files = "", command = ""] =
    /^COPY (package\.json .+) \.\/\n(?:#.*\n)*RUN (npm ci .+)$/m.exec(dockerfile) ?? [];
  const target = join(folder, "packages");
  mkdirSync(target);
  for (const file of files.split(" ")) copyFileSync(file, join(target, file));
  const options = { folder: target, timeoutMs: installMs };
  const { code, stderr } = await runCommand("sh", ["-c", `${command} --prefer-offline`], options);
  assert.equal(code, 0, stderr);
}

/** The second stage: the files of one image. */
function layOut(service: ServiceName): void {
  const root = join(folder, service);
  mkdirSync(root);
  symlinkSync("../packages/node_modules", join(root, "node_modules"));
  const copies = [...dockerfile.matchAll(/^COPY (?!--from)(?!package\.json package-lock)(.+) (\S+)$/gm)];
  assert.ok(copies.length >= 4);
  for (const [, sources = "", target = ""] of copies) {
    for (const source of sources.replace(serviceName, service).split(" ")) {
      const path = join(root, target.endsWith("/") ? source : target.replace(serviceName, service));
      mkdirSync(dirname(path), { recursive: true });
      cpSync(source, path, { recursive: true });
    }
  }
}

function optionsFor(service: ServiceName) {
  const [, variables = ""] = /^ENV (.+)$/m.exec(dockerfile) ?? [];
  const fixed = variables.split(" ").map((pair) => pair.split("=") as [string, string]);
  const env = { ...environment, ...Object.fromEntries(fixed), SERVICE: service, HOST: "127.0.0.1" };
  return { cwd: join(folder, service), env, ...user };
}

test("each image's own files and packages run its service, as a user who can write none of them", async () => {
  const [, command = ""] = /^CMD \["sh", "-c", "(.+)"\]$/m.exec(dockerfile) ?? [];
  for (const service of serviceNames) {
    const child = spawn("sh", ["-c", command], { ...optionsFor(service), stdio: ["ignore", "pipe", "pipe"] });
    running.set(service, child);
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => said.push(`${service}: ${chunk}`));
  }
  const [, health = ""] = /^HEALTHCHECK [^\n]+\\\n\s+CMD \["node", "(.+)"\]$/m.exec(dockerfile) ?? [];
  for (const service of serviceNames) {
    await eventually(async () => {
      assert.equal(running.get(service)?.exitCode, null, said.slice(-40).join(""));
      const check = spawn("node", [health], { ...optionsFor(service), stdio: "ignore" });
      assert.deepEqual(await once(check, "exit"), [0, null], said.slice(-40).join(""));
    }, startMs);
  }
});

test("each ends with 0 when it is asked to stop", async () => {
  for (const child of running.values()) {
    child.kill("SIGTERM");
    const ended = child.exitCode === null ? await once(child, "exit") : [child.exitCode, null];
    assert.deepEqual(ended, [0, null], said.slice(-40).join(""));
  }
});
