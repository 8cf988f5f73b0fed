import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../config/load-config.ts";
import { createClientAddress } from "./client-address.ts";

const proxies = "127.0.0.1, 10.0.0.0/8,2001:db8::/32";

const cases: ReadonlyArray<[what: string, peer: string, forwardedFor: string | undefined, client: string]> = [
  ["without the header", "10.0.0.1", undefined, "10.0.0.1"],
  ["behind one proxy", "10.0.0.1", "203.0.113.7", "203.0.113.7"],
  ["behind two", "127.0.0.1", "203.0.113.7, 10.1.2.3", "203.0.113.7"],
  ["who wrote an address of theirs in front", "10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"],
  ["who claims to be a proxy", "10.0.0.1", "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"],
  ["who is no proxy and sends the header", "203.0.113.7", "198.51.100.1", "203.0.113.7"],
  ["with a port", "10.0.0.1", "203.0.113.7:4711", "203.0.113.7"],
  ["in IPv6 with a port", "2001:db8::1", "[2a00::7]:4711", "2a00::7"],
  ["of a listener for both kinds of addresses", "::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"],
  ["named by no address", "10.0.0.1", "unknown", "10.0.0.1"],
  ["named by nothing", "10.0.0.1", "", "10.0.0.1"],
  ["among proxies alone", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
  ["of an unknown connection", "", "203.0.113.7", ""],
];

describe("the address of a caller", () => {
  for (const [what, peer, forwardedFor, client] of cases)
    test(what, () => assert.equal(createClientAddress(proxies)(peer, forwardedFor), client));

  test("is the other end of the connection where no proxy is trusted, whatever the header says", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (peer, forwardedFor) => {
        assert.equal(createClientAddress("")(peer, forwardedFor), peer);
      }),
    );
  });

  test("is never anything but an address, whatever the header says", () => {
    fc.assert(
      fc.property(fc.string(), (forwardedFor) => {
        assert.match(createClientAddress(proxies)("10.0.0.1", forwardedFor), /^[0-9a-fA-Fx.:%]+$/);
      }),
    );
  });

  test("a list that names no addresses stops the start", () => {
    for (const text of ["proxy.example", "10.0.0.0/33", "10.0.0.1/x", "::/129", "10.0.0.1 10.0.0.2"])
      assert.throws(() => createClientAddress(text), ConfigError, text);
  });
});
