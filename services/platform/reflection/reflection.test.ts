import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ServerReflection, type ServerReflectionRequest } from "#gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "#gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { CommonError } from "../errors/common-error.ts";
import type { Redis } from "../redis/redis.ts";
import { routesOf } from "../rpc/handlers.ts";
import { startRedis, type TestRedis } from "../testing/redis-server.ts";
import { startTestService } from "../testing/service.ts";
import { connectTestRedis } from "../testing/test-redis.ts";

type Question = ServerReflectionRequest["messageRequest"];

let server: TestRedis;
let redis: Redis;
let service: Awaited<ReturnType<typeof startTestService>>;
let transport: Transport;

const nobody = { accountOf: () => undefined, notFound: () => new CommonError("INTERNAL", "-") };

function start(settings = {}) {
  return startTestService({
    redis,
    routes: [routesOf(BillingCoreService, {})],
    owners: { reservationId: nobody, transactionId: nobody },
    settings,
  });
}

before(async () => {
  server = await startRedis();
  redis = await connectTestRedis(server.url);
  service = await start();
  transport = createGrpcTransport({ baseUrl: service.baseUrl });
});

after(async () => {
  await service?.drain();
  await redis?.close();
  await server?.stop();
});

/** Asks all questions on one stream; the answers come in their order. */
async function ask(version: typeof ServerReflection | typeof ServerReflectionAlpha, questions: Question[]) {
  const client = createClient(version as typeof ServerReflection, transport);
  async function* requests() {
    for (const messageRequest of questions) yield { host: "here", messageRequest };
  }
  const answers = [];
  for await (const answer of client.serverReflectionInfo(requests())) answers.push(answer);
  return answers;
}

const files = {
  service: "billing/core/v1/billing_core_service.proto",
  charge: "billing/core/v1/charge_rpc.proto",
  options: "billing/options/v1/options.proto",
};

for (const version of [ServerReflection, ServerReflectionAlpha]) {
  describe(version.typeName, () => {
    const answerTo = async (question: Question) => (await ask(version, [question]))[0]?.messageResponse;
    const filesFor = async (question: Question) => {
      const answer = await answerTo(question);
      assert.equal(answer?.case, "fileDescriptorResponse");
      return (answer.value as { fileDescriptorProto: Uint8Array[] }).fileDescriptorProto.map((bytes) =>
        fromBinary(FileDescriptorProtoSchema, bytes),
      );
    };

    test("lists the services, itself among them", async () => {
      const answer = await answerTo({ case: "listServices", value: "" });
      assert.equal(answer?.case, "listServicesResponse");
      const names = (answer.value as { service: Array<{ name: string }> }).service.map(({ name }) => name);
      assert.deepEqual(names.sort(), [
        "billing.core.v1.BillingCoreService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ]);
    });

    test("gives a file with all that it imports, the asked one first", async () => {
      const found = await filesFor({ case: "fileByFilename", value: files.service });
      const names = found.map(({ name }) => name);
      assert.equal(names[0], files.service);
      assert.equal(new Set(names).size, names.length);
      for (const { dependency } of found)
        for (const imported of dependency) assert.ok(names.includes(imported), imported);
    });

    const symbols: Array<[symbol: string, file: string]> = [
      ["billing.core.v1.BillingCoreService", files.service],
      ["billing.core.v1.BillingCoreService.Charge", files.service],
      ["billing.core.v1.ChargeRequest", files.charge],
      ["billing.core.v1.ChargeRequest.account_id", files.charge],
      ["billing.options.v1.Ownership", files.options],
      ["billing.options.v1.OWNERSHIP_FIELD", files.options],
      ["billing.options.v1.owner", files.options],
    ];
    for (const [symbol, file] of symbols) {
      test(`finds ${symbol}`, async () => {
        const [first] = await filesFor({ case: "fileContainingSymbol", value: symbol });
        assert.equal(first?.name, file);
      });
    }

    test("finds extensions by number, and all numbers of a type", async () => {
      const containingType = "google.protobuf.FieldOptions";
      const [first] = await filesFor({
        case: "fileContainingExtension",
        value: { containingType, extensionNumber: 50_001 } as never,
      });
      assert.equal(first?.name, files.options);
      const numbers = await answerTo({ case: "allExtensionNumbersOfType", value: containingType });
      assert.equal(numbers?.case, "allExtensionNumbersResponse");
      assert.ok((numbers.value as { extensionNumber: number[] }).extensionNumber.includes(50_001));
    });

    const unknown: Question[] = [
      { case: "fileByFilename", value: "no.proto" },
      { case: "fileContainingSymbol", value: "billing.core.v1.Nothing" },
      { case: "fileContainingSymbol", value: "billing.core.v1.BillingCoreService.Nothing" },
      { case: "fileContainingSymbol", value: "billing.core.v1.ChargeRequest.nothing" },
      { case: "fileContainingSymbol", value: "billing" },
      { case: "fileContainingSymbol", value: "" },
      {
        case: "fileContainingExtension",
        value: { containingType: "google.protobuf.FieldOptions", extensionNumber: 7 } as never,
      },
      { case: "allExtensionNumbersOfType", value: "no.such.Type" },
      { case: undefined },
    ];
    test("what it does not know is not found, and the stream goes on", async () => {
      const answers = await ask(version, [...unknown, { case: "listServices", value: "" }]);
      assert.deepEqual(
        answers.map(({ messageResponse }) => messageResponse.case),
        [...unknown.map(() => "errorResponse"), "listServicesResponse"],
      );
      for (const { messageResponse, validHost, originalRequest } of answers) {
        assert.deepEqual([validHost, originalRequest?.host], ["here", "here"]);
        if (messageResponse.case === "errorResponse") assert.equal(messageResponse.value.errorCode, 5);
      }
    });
  });
}

test("the stock gRPC client gets an answer", async () => {
  const client = new grpc.Client(`127.0.0.1:${service.port}`, grpc.credentials.createInsecure());
  // list_services = 7, of no bytes
  const call = client.makeBidiStreamRequest(
    `/${ServerReflection.typeName}/ServerReflectionInfo`,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
  );
  const answer = await new Promise<Buffer>((resolve, reject) => {
    call.once("data", resolve).once("error", reject);
    call.write(Buffer.from([0x3a, 0x00]));
  });
  call.end();
  client.close();
  assert.ok(answer.includes("billing.core.v1.BillingCoreService"));
});

test("it can be switched off", async () => {
  const closed = await start({ REFLECTION: false });
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: closed.baseUrl }));
  async function* requests() {
    yield { messageRequest: { case: "listServices" as const, value: "" } };
  }
  await assert.rejects(async () => {
    for await (const _ of client.serverReflectionInfo(requests()));
  }, /unimplemented/i);
  await closed.drain();
});
