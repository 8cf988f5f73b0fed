import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { eventually, waitUntil } from "../services/platform/testing/eventually.ts";
import { testSecret } from "../services/platform/testing/service.ts";
import { addressesFromEnvironment, tokensFromEnvironment } from "./environment.ts";
import { HoldfastError, signedTokens } from "./node.ts";
import { type ScriptedCore, startScriptedCore } from "./testing/scripted-core.ts";
import { createTokenHolder } from "./token.ts";

let core: ScriptedCore;
before(async () => {
  core = await startScriptedCore();
});
after(() => core?.[Symbol.asyncDispose]());

const account = { accountId: "acme" };
const good = signedTokens({ secret: testSecret });
const expired = () => {
  const longAgo = Date.now() - 3_600_000;
  const { now } = Date;
  Date.now = () => longAgo;
  try {
    return good();
  } finally {
    Date.now = now;
  }
};
const reasonOf = (error: unknown) => (error instanceof HoldfastError ? error.reason : String(error));

/** A JWT that lives so long by its own times. */
function jwt(lifeSeconds: number, number: number): string {
  const claims = Buffer.from(JSON.stringify({ iat: 1_000, exp: 1_000 + lifeSeconds, jti: `?>${number}` }));
  return `e30.${claims.toString("base64url")}.sig`;
}

describe("a token", () => {
  test("that the server calls expired is replaced, once for all calls that it spoiled", async () => {
    core.answer({ getBalance: () => ({}) });
    let asked = 0;
    const client = core.client({ token: () => (asked++ === 0 ? expired() : good()) });
    await Promise.all(Array.from({ length: 20 }, () => client.core.getBalance(account)));
    assert.equal(asked, 2);
  });

  test("that is expired again, or can't be replaced, ends the call", async () => {
    core.answer({ getBalance: () => ({}) });
    let asked = 0;
    const never = core.client({
      token: () => {
        asked++;
        return expired();
      },
    });
    await assert.rejects(never.core.getBalance(account), (error) => reasonOf(error) === "TOKEN_EXPIRED");
    assert.equal(asked, 2);
    const fixed = core.client({ token: expired() });
    await assert.rejects(fixed.core.getBalance(account), (error) => reasonOf(error) === "TOKEN_EXPIRED");
  });

  test("of a source that fails is TOKEN_UNAVAILABLE, and asked for anew by the next call", async () => {
    core.answer({ getBalance: () => ({}) });
    let asked = 0;
    const client = core.client({
      token: () => {
        if (asked++ === 0) throw new Error("no way");
        return good();
      },
    });
    await assert.rejects(client.core.getBalance(account), (error) => {
      assert.ok(error instanceof HoldfastError);
      assert.deepEqual([error.reason, error.attempts], ["TOKEN_UNAVAILABLE", 0]);
      return true;
    });
    await client.core.getBalance(account);
  });

  test("is replaced for a stream as well", async () => {
    core.answer({
      async *watchBalance({ accountId }) {
        yield { event: { case: "snapshot" as const, value: { accountId } } };
      },
    });
    let asked = 0;
    const client = core.client({ token: () => (asked++ === 0 ? expired() : good()) });
    let messages = 0;
    for await (const _ of client.core.watchBalance(account)) messages++;
    assert.deepEqual([messages, asked], [1, 2]);
  });

  test("is fetched anew before it expires, by one run, and the old one serves until then", async () => {
    let asked = 0;
    let next = Promise.withResolvers<string>();
    const holder = createTokenHolder(() => (asked++ === 0 ? jwt(1, 1) : next.promise));
    assert.equal(await holder.current(), jwt(1, 1));
    const hasAsked = async () => {
      await holder.current();
      return asked === 2;
    };
    await waitUntil("it asks for the next", hasAsked);
    assert.equal(await holder.current(), jwt(1, 1));
    assert.equal(asked, 2);
    next.reject(new Error("not now"));
    const failed = next;
    next = Promise.withResolvers();
    await failed.promise.catch(() => {});
    next.resolve(jwt(3_600, 3));
    await eventually(async () => assert.equal(await holder.current(), jwt(3_600, 3)));
    await holder.current();
    assert.equal(asked, 3);
  });

  test("that is no JWT is kept until the server says otherwise", async () => {
    let asked = 0;
    const holder = createTokenHolder(() => `opaque-${++asked}`);
    const first = holder.current();
    assert.equal(await first, "opaque-1");
    assert.equal(await holder.current(), "opaque-1");
    assert.equal(holder.discard(first), true);
    const second = holder.current();
    assert.equal(holder.discard(first), true, "which is old news by now");
    assert.equal(await second, "opaque-2");
    assert.equal(await holder.current(), "opaque-2");
  });
});

describe("from the environment", () => {
  test("tokens are signed with JWT_SECRET, and the services take them", async () => {
    core.answer({ getBalance: () => ({}) });
    const client = core.client({ token: tokensFromEnvironment({ JWT_SECRET: testSecret }) });
    await client.core.getBalance(account);
    assert.equal(core.seen[0]?.call.caller.subject, "holdfast-client");
  });

  test("HOLDFAST_TOKEN comes first; with nothing there is a clear error", () => {
    assert.equal(tokensFromEnvironment({ HOLDFAST_TOKEN: "t", JWT_SECRET: testSecret }), "t");
    assert.throws(() => tokensFromEnvironment({}), /no token: .*HOLDFAST_TOKEN, JWT_SECRET/);
    assert.throws(() => tokensFromEnvironment({ JWT_SECRET: "short" }), /less than 32 bytes/);
  });

  test("services are where *_URL says, else here at their ports", () => {
    const { urls } = addressesFromEnvironment({ CORE_URL: "https://core.internal", PORT_OFFSET: "1000" });
    assert.equal(urls?.core, "https://core.internal");
    assert.equal(urls?.pricing, "http://127.0.0.1:51053");
    assert.throws(() => addressesFromEnvironment({ PORT_OFFSET: "x" }), /PORT_OFFSET is x/);
  });
});
