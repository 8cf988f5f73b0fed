import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { Type } from "typebox";
import { commonSettings, peerUrl } from "./common-settings.ts";
import { ConfigError, type Environment, loadConfig, secret } from "./load-config.ts";

const schema = Type.Object({
  KEY: Type.String({ ...secret, minLength: 32, maxLength: 64, description: "A key" }),
  OLD_KEY: Type.Optional(Type.String({ ...secret, minLength: 32 })),
  STORE_URL: Type.String({ ...secret, minLength: 1, default: "redis://127.0.0.1" }),
  COUNT: Type.Integer({ minimum: 0, maximum: 100, default: 7 }),
  SWITCH: Type.Boolean({ default: false }),
  LEVEL: Type.Union([Type.Literal("low"), Type.Literal("high")], { default: "low" }),
  URL: Type.Optional(Type.String({ pattern: "^https?://[^/]+$" })),
  NAME: Type.String({ minLength: 1, description: "A name" }),
});

const goodKey = "kD83jfLq02ncVbXz71MwYpRt56GhUaEs";
const good: Environment = { KEY: goodKey, NAME: "n" };

function faultsOf(environment: Environment): readonly string[] {
  try {
    loadConfig(schema, environment);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    for (const fault of error.faults) assert.ok(error.message.includes(fault));
    return error.faults;
  }
  return [];
}

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-config-"));
});

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("what is not given has its default, or is absent", () => {
  assert.deepEqual(loadConfig(schema, good), {
    KEY: goodKey,
    NAME: "n",
    STORE_URL: "redis://127.0.0.1",
    COUNT: 7,
    SWITCH: false,
    LEVEL: "low",
  });
});

test("variables that no setting names are none of its business", () => {
  assert.equal("PATH" in loadConfig(schema, { ...good, PATH: "/bin" }), false);
});

describe("values", () => {
  const accepted: Array<[name: keyof typeof schema.properties, text: string, value: unknown]> = [
    ["COUNT", "0", 0],
    ["COUNT", "100", 100],
    ["COUNT", "007", 7],
    ["COUNT", "", 7],
    ["SWITCH", "true", true],
    ["SWITCH", "TRUE", true],
    ["SWITCH", "1", true],
    ["SWITCH", "false", false],
    ["SWITCH", "0", false],
    ["SWITCH", "", false],
    ["LEVEL", "high", "high"],
    ["LEVEL", "", "low"],
    ["URL", "https://a.test:1", "https://a.test:1"],
    ["URL", "", undefined],
  ];
  for (const [name, text, value] of accepted) {
    test(`${name}=${JSON.stringify(text)} is ${value}`, () => {
      assert.equal(loadConfig(schema, { ...good, [name]: text })[name], value);
    });
  }

  const refused: Array<[name: string, text: string, fault: RegExp]> = [
    ["COUNT", "-1", />= 0, but is "-1"/],
    ["COUNT", "101", /<= 100, but is "101"/],
    ["COUNT", "3.7", /integer, but is "3.7"/],
    ["COUNT", "1e1", /integer/],
    ["COUNT", "0x10", /integer/],
    ["COUNT", "5n", /integer/],
    ["COUNT", "+5", /integer/],
    ["COUNT", " 5", /integer/],
    ["COUNT", "true", /integer/],
    ["COUNT", "NaN", /integer/],
    ["COUNT", "99999999999999999999", /integer/],
    ["SWITCH", "yes", /boolean, but is "yes"/],
    ["SWITCH", "on", /boolean/],
    ["SWITCH", "2", /boolean/],
    ["SWITCH", "constructor", /boolean/],
    ["LEVEL", "medium", /must be one of low, high, but is "medium"/],
    ["LEVEL", "HIGH", /must be one of low, high/],
    ["URL", "ftp://a.test", /pattern/],
    ["URL", "https://a.test/path", /pattern/],
  ];
  for (const [name, text, fault] of refused) {
    test(`${name}=${text} is refused by name and value`, () => {
      const faults = faultsOf({ ...good, [name]: text });
      assert.equal(faults.length, 1);
      assert.match(faults[0] ?? "", new RegExp(`^${name}: `));
      assert.match(faults[0] ?? "", fault);
    });
  }
});

test("every fault is named at once", () => {
  const faults = faultsOf({ COUNT: "x", SWITCH: "x", LEVEL: "x", URL: "x", OLD_KEY: "" });
  assert.deepEqual(
    faults.map((fault) => fault.split(":", 1)[0]).sort(),
    ["COUNT", "KEY", "LEVEL", "NAME", "OLD_KEY", "SWITCH", "URL"].sort(),
  );
  assert.match(faults.join("\n"), /KEY: is required \(or KEY_FILE\); A key/);
  assert.match(faults.join("\n"), /NAME: is required; A name/);
});

describe("secrets", () => {
  const refused: Array<[name: string, value: string, fault: RegExp]> = [
    ["empty", "", /set but empty/],
    ["short", goodKey.slice(1), /32 characters/],
    ["long", goodKey.repeat(3), /64 characters/],
    ["one letter over and over", "a".repeat(32), /trivial/],
    ["change me", "please-change-me-please-change-me-", /trivial/],
    ["changeme", "changemechangemechangemechangeme", /trivial/],
    ["a password", "this-is-my-PASSWORD-for-everything", /trivial/],
    ["a secret key", "super-secret-key-super-secret-key-", /trivial/],
    ["from a manual", "your-256-bit-secret-your-256-bit-x", /trivial/],
    ["an example", "example-of-a-key-that-is-long-enough", /trivial/],
    ["digits in order", "0123456789abcdef0123456789abcdef", /trivial/],
  ];
  for (const [name, value, fault] of refused) {
    test(`${name}: refused without showing it`, () => {
      for (const setting of ["KEY", "OLD_KEY"]) {
        const faults = faultsOf({ ...good, [setting]: value }).filter((each) =>
          each.startsWith(`${setting}:`),
        );
        if (setting === "OLD_KEY" && name === "long") continue;
        assert.match(faults.join(), fault);
        assert.ok(value === "" || !faults.join().includes(value));
      }
    });
  }

  test("no value of a secret is ever in a message", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), fc.string({ minLength: 8 }), (key, name) => {
        const faults = faultsOf({ KEY: `<${key}>`, STORE_URL: `<${name}>`, COUNT: "x" }).join("\n");
        assert.ok(!faults.includes(`<${key}>`) && !faults.includes(`<${name}>`));
      }),
    );
  });

  test("an address is no key: it may contain any word", () => {
    const url = "redis://:pass@redis.example.com:6379";
    assert.equal(loadConfig(schema, { ...good, STORE_URL: url }).STORE_URL, url);
  });

  test("a file serves as well; one line end at its end is not part of the secret", () => {
    for (const end of ["", "\n", "\r\n"]) {
      const path = file("key", goodKey + end);
      assert.equal(loadConfig(schema, { NAME: "n", KEY_FILE: path }).KEY, goodKey);
    }
  });

  test("a file is checked like the variable", () => {
    assert.match(faultsOf({ NAME: "n", KEY_FILE: file("empty", "\n") }).join(), /KEY: is set but empty/);
    assert.match(faultsOf({ NAME: "n", KEY_FILE: file("short", "abc") }).join(), /32 characters/);
  });

  test("both forms at once are a fault, whatever they hold", () => {
    const faults = faultsOf({ ...good, KEY_FILE: file("key", goodKey) });
    assert.deepEqual(faults, ["KEY: both KEY and KEY_FILE are set; set one"]);
    assert.equal(faultsOf({ ...good, KEY: "", KEY_FILE: "" }).length, 1);
  });

  test("a file that cannot be read is named by its setting, with the system's code", () => {
    assert.deepEqual(faultsOf({ NAME: "n", KEY_FILE: join(folder, "none") }), [
      "KEY: KEY_FILE cannot be read (ENOENT)",
    ]);
    assert.deepEqual(faultsOf({ NAME: "n", KEY_FILE: folder }), ["KEY: KEY_FILE cannot be read (EISDIR)"]);
  });

  test("only secrets are read from files", () => {
    assert.match(faultsOf({ KEY: goodKey, NAME_FILE: file("name", "n") }).join(), /NAME: is required;/);
  });
});

describe("the settings of every service", () => {
  test("need nothing but the secret", () => {
    const settings = loadConfig(Type.Object(commonSettings), { JWT_SECRET: goodKey });
    assert.equal(settings.HOST, "127.0.0.1");
    assert.equal(settings.REFLECTION, true);
    assert.equal("TLS_CERT" in settings, false);
  });

  test("a peer is at its configured address, else here, shifted", () => {
    assert.equal(peerUrl({ PORT_OFFSET: 1_000 }, "PRICING"), "http://127.0.0.1:51053");
    const configured = { PORT_OFFSET: 1_000, PRICING_URL: "https://pricing.test" };
    assert.equal(peerUrl(configured, "PRICING"), "https://pricing.test");
  });
});
