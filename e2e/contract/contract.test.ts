import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { type DescMethod, fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Owner, Ownership } from "#gen/billing/options/v1/options_pb.ts";
import { methodRule } from "#platform/access/method-rule.ts";
import { buildErrorCatalogue } from "#platform/errors/catalogue.ts";
import { knownScopes, promisedServices } from "./rpc-list.ts";

for (const { service, rpcs, reasons } of promisedServices) {
  describe(service.typeName, () => {
    test("has exactly the promised RPCs", () => {
      assert.deepEqual(service.methods.map(({ name }) => name).sort(), [...rpcs].sort());
    });

    for (const method of service.methods) {
      test(`${method.name} has a known scope and an ownership rule that its request can keep`, () => {
        const rule = methodRule(method);
        assert.ok(knownScopes.includes(rule.scope), rule.scope);
        assert.ok(
          rule.scope.startsWith(`${service.typeName.split(".")[1]}.`),
          "the scope belongs to the service",
        );
        if (rule.ownership === Ownership.OPERATOR) return;
        const names = rule.owners.map(({ kind }) => kind);
        assert.equal(
          rule.ownership === Ownership.FIELD,
          names.includes(Owner.ACCOUNT) || names.includes(Owner.RESOURCE),
        );
      });
    }

    test("every money-moving method carries an idempotency key", () => {
      for (const method of service.methods.filter(movesMoney)) {
        const bodies = [
          method.input,
          ...method.input.fields.flatMap(({ message }) => (message ? [message] : [])),
        ];
        assert.ok(
          bodies.some((body) => body.fields.some(({ name }) => name === "idempotency_key")),
          method.name,
        );
      }
    });

    test("every error reason has a complete rule", () => {
      const catalogue = buildErrorCatalogue([reasons]);
      for (const { advice, reason } of catalogue.values()) assert.match(advice, /^[A-Z].*\.$/, reason);
    });
  });
}

function movesMoney(method: DescMethod): boolean {
  return (
    ["core.charge", "core.fund", "admin.finance"].includes(methodRule(method).scope) &&
    !/^(Reconcile|Approve|Replay)/.test(method.name)
  );
}

test("a reason that several services use means the same in each", () => {
  const meanings = new Map<string, string>();
  for (const { reasons } of promisedServices) {
    for (const { reason, code, httpStatus, retry } of buildErrorCatalogue([reasons]).values()) {
      const meaning = `${code} ${httpStatus} ${retry}`;
      assert.equal(meanings.get(reason) ?? meaning, meaning, reason);
      meanings.set(reason, meaning);
    }
  }
});

test("everything in the contract has a comment for the caller", () => {
  const image = execFileSync("buf", ["build", "-o", "-#format=binpb"], {
    maxBuffer: 64 << 20,
  });
  const files = fromBinary(FileDescriptorSetSchema, image).file.filter(({ name }) =>
    name.startsWith("billing/"),
  );
  assert.ok(files.length > 50);
  for (const file of files) assert.deepEqual(uncommented(file), [], file.name);
});

/** Declarations without a leading comment, by path in the descriptor. */
function uncommented(file: FileDescriptorProto): string[] {
  const commented = new Set(
    file.sourceCodeInfo?.location
      .filter(({ leadingComments }) => leadingComments.trim() !== "")
      .map(({ path }) => path.join(".")),
  );
  const paths: string[] = [];
  file.service.forEach((service, s) => {
    paths.push(`6.${s}`, ...service.method.map((_, m) => `6.${s}.2.${m}`));
  });
  file.messageType.forEach((message, m) => {
    paths.push(`4.${m}`, ...message.field.map((_, f) => `4.${m}.2.${f}`));
  });
  file.enumType.forEach((enumeration, e) => {
    paths.push(`5.${e}`, ...enumeration.value.map((_, v) => `5.${e}.2.${v}`));
  });
  return paths.filter((path) => !commented.has(path));
}
