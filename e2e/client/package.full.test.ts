import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { createHoldfast, signedTokens } from "../../client/node.ts";
import { codeBlocks } from "../testing/code-blocks.ts";
import { runCommand } from "../testing/run-command.ts";
import { startTestStack, type TestStack } from "../testing/test-stack.ts";

const repository = resolve(import.meta.dirname, "../..");
const clientFolder = join(repository, "client");
const manifest = JSON.parse(readFileSync(join(clientFolder, "package.json"), "utf8")) as {
  version: string;
  dependencies: Record<string, string>;
};
const compiler = join(repository, "node_modules/typescript/bin/tsc");
const examples = codeBlocks(readFileSync(join(clientFolder, "README.md"), "utf8"), "ts");

/** npm and its scripts run on the Node of this test. */
const environment = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
};

/** Another project, which has the package installed. */
let project: string;
let stack: TestStack;
before(async () => {
  project = mkdtempSync(join(tmpdir(), "holdfast-consumer-"));
  const [started] = await Promise.all([startTestStack(), packAndInstall()]);
  stack = started;
});
after(async () => {
  rmSync(project, { recursive: true, force: true });
  await stack?.stop();
});

async function packAndInstall(): Promise<void> {
  await run("npm", ["pack", clientFolder, "--silent", "--pack-destination", project]);
  // What the package depends on comes from this repository, so that no registry is asked.
  const overrides = Object.keys(manifest.dependencies).map((name) => [
    name,
    `file:${join(repository, "node_modules", name)}`,
  ]);
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({
      type: "module",
      private: true,
      dependencies: { "@holdfast/client": `file:holdfast-client-${manifest.version}.tgz` },
      overrides: Object.fromEntries(overrides),
    }),
  );
  await run("npm", ["install", "--prefix", project, "--offline", "--no-audit", "--no-fund", "--silent"]);
}

/** Runs a program that must succeed; gives what it wrote. */
async function run(command: string, parameters: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const result = await runCommand(command, parameters, {
    environment: { ...environment, ...more },
    timeoutMs: 600_000,
  });
  assert.equal(result.code, 0, `${command} ${parameters.join(" ")}:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** Checks programs of the project against the types of the package, all of them; builds them in `folder`. */
async function compile(
  folder: string,
  programs: readonly string[],
  options: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const path = join(project, folder);
  mkdirSync(path);
  const files = programs.map((_, index) => `program-${index}.ts`);
  for (const [index, code] of programs.entries()) writeFileSync(join(path, files[index]!), code);
  const compilerOptions = {
    ...{ target: "es2022", module: "nodenext", lib: ["es2022", "dom"], types: [], strict: true },
    ...{ exactOptionalPropertyTypes: true, skipLibCheck: false, rootDir: ".", outDir: "." },
    ...options,
  };
  writeFileSync(join(path, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  await run(process.execPath, [compiler, "--project", path]);
  return join(path, "program-0.js");
}

function addresses(): Record<string, string> {
  const doors = ["core", "pricing", "exchange", "monitoring", "admin"] as const;
  return Object.fromEntries(doors.map((door) => [`${door.toUpperCase()}_URL`, stack.url(door)]));
}

async function createFundedAccount(accountId: string): Promise<void> {
  const client = createHoldfast({
    urls: { core: stack.url("core") },
    token: signedTokens({ secret: stack.environment.JWT_SECRET ?? "" }),
  });
  try {
    await client.core.createAccount({ accountId, currencyCode: "USD" });
    await client.core.credit({ accountId, amount: { currencyCode: "USD", amount: "25" }, source: "admin" });
  } finally {
    client.close();
  }
}

describe("the packed client, installed in another project", () => {
  test("holds compiled code with types, readme and licence, and nothing of the services", () => {
    const files = readdirSync(join(project, "node_modules/@holdfast/client"), {
      recursive: true,
      withFileTypes: true,
    })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).split("@holdfast/client/")[1] ?? "");
    const unexpected = files.filter(
      (file) =>
        !/^(package\.json|README\.md|dist\/(LICENSE|NOTICE)|dist\/(client|gen|services\/platform\/client)\/.*\.(js|d\.ts))$/.test(
          file,
        ),
    );
    assert.deepEqual(unexpected, []);
    assert.deepEqual(
      files.filter((file) => /\.test\.|testing\//.test(file)),
      [],
    );
    for (const file of ["README.md", "dist/LICENSE", "dist/client/node.d.ts", "dist/client/browser.js"])
      assert.ok(files.includes(file), file);
  });

  test("runs the first program of its readme, which ends by itself", async () => {
    await createFundedAccount("acme");
    const program = await compile("first", examples.slice(0, 1));
    const { JWT_SECRET } = stack.environment;
    assert.equal(
      await run(process.execPath, [program], { ...addresses(), JWT_SECRET }),
      "the answer of the model -0.00342 24.99658\n",
    );
  });

  test("has types for every program of its readme, also for bundlers", async () => {
    assert.ok(examples.length >= 3);
    const declared = "declare const process: { env: Record<string, string | undefined> };\n";
    await compile(
      "readme",
      examples.map((code) => declared + code),
    );
    const code = examples[0]?.replace("@holdfast/client", "@holdfast/client/node") ?? "";
    await compile("bundler", [code], { module: "esnext", moduleResolution: "bundler" });
  });

  test("knows at compile time which requests and reasons there are", async () => {
    const program = `import { createHoldfast, HoldfastError } from "@holdfast/client";
const { core } = createHoldfast();
const work = () => ({ amount: { currencyCode: "USD", amount: "5" } });
await core.withReservation("acme", work(), work);
await core.getBalance({ account: "acme" });
await core.withReservation("acme", { amount: { currencyCode: "USD", amount: 5 } }, work);
if (new HoldfastError("", {} as never).reason === "OUT_OF_MONEY") throw 1;\n`;
    const refused: unknown = await compile("wrong", [program]).catch((error: unknown) => error);
    const lines = [...String(refused).matchAll(/program-0\.ts\((\d+),\d+\): error/g)].map(([, line]) => line);
    assert.deepEqual(lines, ["5", "6", "7"]);
  });

  test("runs in a browser without any module of Node", async () => {
    await createFundedAccount("browser-user");
    const program = await compile("browser", [
      `import { createHoldfast } from "@holdfast/client/browser";
declare const page: { url: string; token: string };
export async function main(): Promise<string> {
  const { core } = createHoldfast({ urls: { core: page.url }, token: () => page.token });
  const cost = { amount: { currencyCode: "USD", amount: "2" } };
  const { commit } = await core.withReservation("browser-user", cost, () => cost);
  return commit.balance?.available?.amount ?? "";
}\n`,
    ]);
    const harness = join(project, "browser-world.mjs");
    writeFileSync(
      harness,
      `import { isBuiltin, registerHooks } from "node:module";
const { stdout } = process;
registerHooks({
  resolve(specifier, context, next) {
    if (isBuiltin(specifier)) throw new Error(\`\${context.parentURL} imports \${specifier}\`);
    return next(specifier, context);
  },
});
globalThis.page = ${JSON.stringify({ url: stack.url("core"), token: await stack.token() })};
const { main } = await import(${JSON.stringify(program)});
stdout.write(await main());\n`,
    );
    assert.equal(await run(process.execPath, ["--conditions=browser", harness]), "23");
  });

  test("has an entry for browsers that knows none of Node's globals", async () => {
    const path = join(project, "browser-types.json");
    const compilerOptions = {
      ...{ target: "es2022", module: "nodenext", lib: ["es2022", "dom"], types: [], strict: true },
      ...{ noEmit: true, allowImportingTsExtensions: true, skipLibCheck: true },
    };
    writeFileSync(path, JSON.stringify({ compilerOptions, files: [join(clientFolder, "browser.ts")] }));
    await run(process.execPath, [compiler, "--project", path]);
  });
});
