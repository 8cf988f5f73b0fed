/**
 * Lays the third-party protos that ours import into `third_party/`, from installed packages: no schema
 * registry is needed to generate. Called by `make generate`.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { printProto } from "./print-proto.ts";

const outputFolder = "third_party";
const require = createRequire(import.meta.url);

/** Path under third_party → package and path inside it. */
const copies: ReadonlyArray<{ to: string; package: string; from: string }> = [
  { to: "google/rpc/code.proto", package: "google-proto-files", from: "google/rpc/code.proto" },
  { to: "google/rpc/status.proto", package: "google-proto-files", from: "google/rpc/status.proto" },
  {
    to: "google/rpc/error_details.proto",
    package: "google-proto-files",
    from: "google/rpc/error_details.proto",
  },
  { to: "grpc/health/v1/health.proto", package: "grpc-health-check", from: "proto/health/v1/health.proto" },
  {
    to: "grpc/reflection/v1/reflection.proto",
    package: "@grpc/reflection",
    from: "build/proto/grpc/reflection/v1/reflection.proto",
  },
  {
    to: "grpc/reflection/v1alpha/reflection.proto",
    package: "@grpc/reflection",
    from: "build/proto/grpc/reflection/v1alpha/reflection.proto",
  },
];

rmSync(outputFolder, { recursive: true, force: true });
for (const copy of copies) {
  const target = join(outputFolder, copy.to);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join(packageFolder(copy.package), copy.from), target);
}
const validatePath = join(outputFolder, "buf/validate/validate.proto");
mkdirSync(dirname(validatePath), { recursive: true });
writeFileSync(validatePath, printProto(file_buf_validate_validate));

/** The folder of an installed package, also where its exports hide package.json. */
function packageFolder(name: string): string {
  const paths = require.resolve.paths(name) ?? [];
  for (const path of paths) {
    try {
      return dirname(require.resolve(join(path, name, "package.json")));
    } catch {
      // Not in this node_modules; the next one up may have it.
    }
  }
  throw new Error(`package ${name} is not installed; run npm ci`);
}
