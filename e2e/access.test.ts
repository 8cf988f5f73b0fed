import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import type { DescMethod, DescService, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { Code, createClient, type Transport } from "@connectrpc/connect";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { Owner, Ownership } from "#gen/billing/options/v1/options_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "#gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "#gen/grpc/reflection/v1/reflection_pb.ts";
import { methodRule } from "#platform/access/method-rule.ts";
import { type ServiceName, serviceNames } from "../tools/local/ports.ts";
import { knownScopes, promisedServices } from "./contract/rpc-list.ts";
import {
  doorOf,
  type GrpcTransports,
  openGrpcTransports,
  type Refusal,
  refusalOf,
  serviceOf,
  withToken,
} from "./testing/services.ts";
import { smallestRequest } from "./testing/smallest-request.ts";
import { startTestStack, type TestStack } from "./testing/test-stack.ts";

let stack: TestStack;
let transports: GrpcTransports;

before(async () => {
  stack = await startTestStack();
  transports = openGrpcTransports(stack);
});

after(async () => {
  transports?.close();
  await stack?.stop();
});

/** Calls a method, unary or streaming, to its first answer. */
async function callOnce(transport: Transport, method: DescMethod, request: Message): Promise<void> {
  if (method.methodKind === "unary") {
    await transport.unary(method as never, undefined, 20_000, undefined, request as never);
    return;
  }
  const leaving = new AbortController();
  async function* requests() {
    yield request as never;
  }
  try {
    const answer = await transport.stream(
      method as never,
      leaving.signal,
      20_000,
      undefined,
      requests() as never,
    );
    for await (const _ of answer.message) break;
  } finally {
    leaving.abort();
  }
}

/** The refusal of a call with this token; fails if the call is answered. */
async function refused(method: DescMethod, token: string | undefined, request: Message): Promise<Refusal> {
  const open = transports.of(doorOf.get(method.parent.typeName)!);
  const transport = token === undefined ? open : withToken(open, token);
  const refusal = await refusalOf(callOnce(transport, method, request));
  assert.ok(refusal, `${method.name} was answered`);
  return refusal;
}

/** What a call without any credential is refused with; Admin takes keys too. */
function missingCredential(service: DescService): string {
  return service === AdminService ? "ADMIN_KEY_MISSING" : "TOKEN_MISSING";
}

const allMethods = promisedServices.flatMap(({ service }) => service.methods);

for (const { service, rpcs } of promisedServices) {
  describe(`every method of ${service.typeName}`, () => {
    test("is refused without a token", async () => {
      assert.equal(service.methods.length, rpcs.length);
      for (const method of service.methods) {
        const { error, info } = await refused(method, undefined, smallestRequest(method.input));
        assert.deepEqual(
          [error.code, info?.reason],
          [Code.Unauthenticated, missingCredential(service)],
          `${method.name}: ${error.message}`,
        );
      }
    });

    test("is refused to a token without scopes, and to one with all but its own", async () => {
      const none = await stack.token({ scopes: [] });
      for (const method of service.methods) {
        const { scope } = methodRule(method);
        const others = await stack.token({ scopes: knownScopes.filter((known) => known !== scope) });
        for (const token of [none, others]) {
          const { error, info } = await refused(method, token, smallestRequest(method.input));
          assert.deepEqual(
            [error.code, info?.reason, info?.metadata.scope],
            [Code.PermissionDenied, "SCOPE_MISSING", scope],
            `${method.name}: ${error.message}`,
          );
        }
      }
    });

    test("that concerns the whole system is refused to a token of one account", async () => {
      const token = await stack.token({ account: "mine" });
      const operators = service.methods.filter(
        (method) => methodRule(method).ownership === Ownership.OPERATOR,
      );
      assert.ok(operators.length > 0);
      for (const method of operators) {
        const { error, info } = await refused(method, token, smallestRequest(method.input));
        assert.deepEqual(
          [error.code, info?.reason],
          [Code.PermissionDenied, "ACCOUNT_NOT_PERMITTED"],
          `${method.name}: ${error.message}`,
        );
      }
    });
  });
}

test("no method lets a token of one account act on another, nor see that account's resources", async () => {
  const token = await stack.token({ account: "mine" });
  const owned = allMethods.filter((method) => methodRule(method).ownership === Ownership.FIELD);
  assert.ok(owned.length > 10);
  for (const method of owned) {
    const request = smallestRequest(method.input);
    const { error, info } = await refused(method, token, request);
    const namesResource = methodRule(method).owners.some(
      ({ kind, path }) => kind === Owner.RESOURCE && isNamed(method, request, path[0]?.localName ?? ""),
    );
    if (namesResource) {
      assert.equal(error.code, Code.NotFound, `${method.name}: ${error.message}`);
      assert.match(info?.reason ?? "", /_NOT_FOUND$/, method.name);
    } else assert.equal(info?.reason, "ACCOUNT_NOT_PERMITTED", `${method.name}: ${error.message}`);
  }
});

function isNamed(method: DescMethod, request: Message, localName: string): boolean {
  const field = method.input.field[localName];
  return field !== undefined && reflect(method.input, request).isSet(field);
}

describe("health and reflection", () => {
  for (const door of serviceNames) {
    test(`of ${door} are open to everybody`, async () => {
      const health = createClient(Health, transports.of(door));
      assert.equal((await health.check({})).status, ServingStatus.SERVING);
      const reflection = createClient(ServerReflection, transports.of(door));
      async function* question() {
        yield { messageRequest: { case: "listServices" as const, value: "" } };
      }
      for await (const { messageResponse } of reflection.serverReflectionInfo(question())) {
        assert.equal(messageResponse.case, "listServicesResponse");
        const names = messageResponse.case === "listServicesResponse" ? messageResponse.value.service : [];
        assert.ok(names.some(({ name }) => name === serviceOf[door].typeName));
      }
    });
  }
});

/** One harmless read of each service. */
const reads: Readonly<Record<ServiceName, DescMethod>> = {
  core: serviceOf.core.method.listAccounts,
  pricing: serviceOf.pricing.method.calculatePrice,
  exchange: serviceOf.exchange.method.getRate,
  monitoring: serviceOf.monitoring.method.getSystemHealth,
  admin: serviceOf.admin.method.getStats,
};

type Claims = Readonly<Record<string, unknown>>;

/** A JWT made by hand, so that it can be wrong in any way. */
function forge(header: Claims, claims: Claims, secret: string, hash = "sha256"): string {
  const part = (value: Claims) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part(header)}.${part(claims)}`;
  const signature = header.alg === "none" ? "" : createHmac(hash, secret).update(signed).digest("base64url");
  return `${signed}.${signature}`;
}

describe("a token", () => {
  const secret = () => stack.environment.JWT_SECRET ?? "";
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const good: Claims = {
    iss: "holdfast",
    aud: "holdfast",
    sub: "forger",
    iat: nowSeconds,
    exp: nowSeconds + 600,
    scope: knownScopes.join(" "),
  };
  const without = (claim: string): Claims =>
    Object.fromEntries(Object.entries(good).filter(([name]) => name !== claim));
  const hs256 = { alg: "HS256", typ: "JWT" };

  const bad: ReadonlyArray<[what: string, token: () => string, reason: string]> = [
    ["that is no JWT", () => "garbage", "TOKEN_INVALID"],
    ["of three meaningless parts", () => "a.b.c", "TOKEN_INVALID"],
    ["of 9,000 characters", () => "x".repeat(9_000), "TOKEN_INVALID"],
    ["with the algorithm none", () => forge({ alg: "none" }, good, ""), "TOKEN_INVALID"],
    ["signed with another secret", () => forge(hs256, good, "y".repeat(43)), "TOKEN_INVALID"],
    ["signed with HS512", () => forge({ alg: "HS512" }, good, secret(), "sha512"), "TOKEN_INVALID"],
    [
      "that says HS256 over an HS512 signature",
      () => forge(hs256, good, secret(), "sha512"),
      "TOKEN_INVALID",
    ],
    ["that says RS256", () => forge({ alg: "RS256" }, good, secret()), "TOKEN_INVALID"],
    ["that has expired", () => forge(hs256, { ...good, exp: nowSeconds - 60 }, secret()), "TOKEN_EXPIRED"],
    ["for another audience", () => forge(hs256, { ...good, aud: "elsewhere" }, secret()), "TOKEN_INVALID"],
    ["of another issuer", () => forge(hs256, { ...good, iss: "elsewhere" }, secret()), "TOKEN_INVALID"],
    [
      "that is not valid yet",
      () => forge(hs256, { ...good, nbf: nowSeconds + 3_600 }, secret()),
      "TOKEN_EXPIRED",
    ],
    ...["exp", "iat", "sub", "aud", "iss"].map((claim): [string, () => string, string] => [
      `without ${claim}`,
      () => forge(hs256, without(claim), secret()),
      "TOKEN_INVALID",
    ]),
    [
      "with scopes that are no text",
      () => forge(hs256, { ...good, scope: ["a"] }, secret()),
      "TOKEN_INVALID",
    ],
    ["of an empty account", () => forge(hs256, { ...good, account: "" }, secret()), "TOKEN_INVALID"],
  ];

  test("made by hand in the right way is accepted by every service", async () => {
    const token = forge(hs256, good, secret());
    for (const [door, method] of Object.entries(reads)) {
      const transport = withToken(transports.of(door as ServiceName), token);
      const refusal = await refusalOf(callOnce(transport, method, smallestRequest(method.input)));
      const reason = refusal?.info?.reason ?? "OK";
      assert.doesNotMatch(reason, /TOKEN|SCOPE|PERMITTED/, door);
    }
  });

  for (const [what, token, reason] of bad) {
    test(`${what} is ${reason} for every service`, async () => {
      for (const method of Object.values(reads)) {
        const { error, info } = await refused(method, token(), smallestRequest(method.input));
        assert.deepEqual([error.code, info?.reason], [Code.Unauthenticated, reason], method.name);
      }
      const headers = { authorization: `Bearer ${token()}` };
      const response = await fetch(`${stack.url("adminHttp")}/admin/stats`, { headers });
      assert.equal(response.status, 401);
      assert.equal(((await response.json()) as { reason: string }).reason, reason);
    });
  }

  test("sent by another scheme than Bearer counts as missing", async () => {
    const token = await stack.token();
    for (const authorization of [`Basic ${token}`, token, "Bearer", ""]) {
      const url = `${stack.url("core")}/${serviceOf.core.typeName}/GetBalance`;
      const headers = { authorization, "content-type": "application/json" };
      const response = await fetch(url, { method: "POST", headers, body: '{"accountId":"a"}' });
      assert.equal(response.status, 401, authorization);
      assert.match(await response.text(), /TOKEN_MISSING/);
    }
  });
});
