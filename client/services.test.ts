import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultPorts } from "../services/platform/config/common-settings.ts";
import { createHoldfast } from "./browser.ts";
import { addressOf, type ServiceName, services } from "./services.ts";

test("the ports are those on which the services listen", () => {
  for (const [name, { port }] of Object.entries(services))
    assert.equal(port, defaultPorts[`${name.toUpperCase()}_PORT` as keyof typeof defaultPorts]);
});

test("an address of a service goes before the one of all", () => {
  const addresses = { baseUrl: "https://billing.internal", urls: { core: "http://core:1/prefix/" } };
  assert.equal(addressOf("core", addresses), "http://core:1/prefix");
  assert.equal(addressOf("admin", addresses), "https://billing.internal:50056");
});

const wrong: ReadonlyArray<[what: string, addresses: Parameters<typeof addressOf>[1], message: RegExp]> = [
  ["none", {}, /no address for core: give baseUrl or urls\.core/],
  ["no URL", { urls: { core: "core:50052" } }, /urls\.core is "core:50052", which is no http or https URL/],
  ["another scheme", { baseUrl: "ftp://core" }, /baseUrl is "ftp:\/\/core"/],
  ["a port for all", { baseUrl: "http://host:80801" }, /baseUrl is/],
  ["one port for five", { baseUrl: "http://host:8080" }, /has a port, but the services have different ones/],
];
for (const [what, addresses, message] of wrong) {
  test(`an address that is ${what} is refused where the service is first used`, () => {
    assert.throws(() => addressOf("core", addresses), { name: "TypeError", message });
    const holdfast = createHoldfast({ token: "t", ...addresses });
    assert.throws(() => holdfast.core, message);
    holdfast.close();
  });
}

test("each service has all methods of its contract, and a test may bring its own transport", () => {
  const urls: string[] = [];
  const holdfast = createHoldfast({
    token: "t",
    baseUrl: "http://host",
    transport: (url) => {
      urls.push(url);
      return {} as never;
    },
  });
  for (const [name, { service }] of Object.entries(services)) {
    const calls = holdfast[name as ServiceName] as unknown as Record<string, unknown>;
    for (const { localName } of service.methods) assert.equal(typeof calls[localName], "function", localName);
  }
  assert.equal(urls.length, 5);
});
