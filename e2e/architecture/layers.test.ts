import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

/** One import of one file: where it stands and what it reaches, both from the repository's root. */
interface Import {
  readonly file: string;
  readonly target: string;
}

const aliases: ReadonlyArray<readonly [alias: string, folder: string]> = [
  ["#gen/", "gen/"],
  ["#money/", "services/money/"],
  ["#platform/", "services/platform/"],
];
const services = ["core", "pricing", "exchange", "monitoring", "admin"];

const files = globSync("services/**/*.{ts,tsx}", {
  exclude: (name) => name === "node_modules" || name === "dist",
});
const imports = files.flatMap(importsOf);
const production = imports.filter(({ file }) => !file.includes(".test.") && !file.includes("/testing/"));

function importsOf(file: string): Import[] {
  return [...readFileSync(file, "utf8").matchAll(/(?:from|import\(?)\s*["']([^"']+)["']/g)].map(
    ([, specifier = ""]) => ({ file, target: resolve(file, specifier) }),
  );
}

function resolve(file: string, specifier: string): string {
  const alias = aliases.find(([prefix]) => specifier.startsWith(prefix));
  if (alias !== undefined) return specifier.replace(alias[0], alias[1]);
  return specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : specifier;
}

function serviceOf(path: string): string | undefined {
  return services.find((service) => path.startsWith(`services/${service}/`));
}

/** Imports that break a rule, in a form that names the place. */
function offenders(list: readonly Import[], breaks: (each: Import) => boolean): string[] {
  return list.filter(breaks).map(({ file, target }) => `${file} → ${target}`);
}

test("the check sees the imports", () => {
  assert.ok(imports.length > 300, `${imports.length} imports`);
  assert.ok(imports.some(({ target }) => target.startsWith("services/platform/")));
});

test("a service imports platform, money, gen and itself, never another service", () => {
  const reaching = offenders(imports, ({ file, target }) => {
    const from = serviceOf(file);
    const to = serviceOf(target);
    return from !== undefined && to !== undefined && from !== to;
  });
  assert.deepEqual(reaching, []);
});

test("platform and money know no service, and money does no input or output", () => {
  assert.deepEqual(
    offenders(
      imports,
      ({ file, target }) => /^services\/(platform|money)\//.test(file) && serviceOf(target) !== undefined,
    ),
    [],
  );
  const allowed = ["services/money/", "gen/billing/type/", "currency-codes"];
  assert.deepEqual(
    offenders(
      production,
      ({ file, target }) =>
        file.startsWith("services/money/") && !allowed.some((prefix) => target.startsWith(prefix)),
    ),
    [],
  );
});

test("platform knows no message of billing besides options and the common reasons", () => {
  const allowed = /^gen\/billing\/(options\/v1\/options|type\/v1\/error_reason)_pb\.ts$/;
  assert.deepEqual(
    offenders(
      production,
      ({ file, target }) =>
        file.startsWith("services/platform/") && target.startsWith("gen/billing/") && !allowed.test(target),
    ),
    [],
  );
});

test("domains know neither Connect nor fastify nor the layer above", () => {
  const forbidden = /^(@connectrpc\/|fastify|@fastify\/)|^services\/[a-z]+\/(rpc|http)\//;
  assert.deepEqual(
    offenders(
      production,
      ({ file, target }) => /^services\/[a-z]+\/domain\//.test(file) && forbidden.test(target),
    ),
    [],
  );
});

test("stores know neither messages nor the layers above", () => {
  const forbidden = /^(@connectrpc\/|fastify|gen\/billing\/)|^services\/[a-z]+\/(rpc|http|domain)\//;
  assert.deepEqual(
    offenders(
      production,
      ({ file, target }) => /^services\/[a-z]+\/store\//.test(file) && forbidden.test(target),
    ),
    [],
  );
});

test("the client is made of itself, the contract's code and one file of platform, so that it can be packed alone", () => {
  const sources = globSync("client/**/*.ts", { exclude: (name) => name === "dist" || name === "testing" });
  const reached = sources
    .filter((file) => !file.includes(".test.") && file !== "client/build.ts")
    .flatMap(importsOf);
  assert.ok(reached.length > 100, `${reached.length} imports`);
  const allowed = /^(client|gen)\/|^@(bufbuild|connectrpc)\//;
  const shared = "services/platform/client/http2-sessions.ts";
  const onNode = /^client\/(node|environment|signed-tokens)\.ts$/;
  assert.deepEqual(
    offenders(
      reached,
      ({ file, target }) =>
        !allowed.test(target) && !(onNode.test(file) && (target.startsWith("node:") || target === shared)),
    ),
    [],
  );
});

test("nothing that runs in production imports what is made for tests or for this machine", () => {
  assert.deepEqual(
    offenders(production, ({ target }) => /\/testing\/|^(e2e|tools|bench|examples)\//.test(target)),
    [],
  );
});
