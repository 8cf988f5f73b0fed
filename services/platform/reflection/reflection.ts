import {
  createRegistry,
  type DescEnum,
  type DescExtension,
  type DescFile,
  type DescMessage,
  type DescService,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { ServerReflection, type ServerReflectionRequest } from "#gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "#gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { openMethodRule } from "../access/method-rule.ts";
import type { ServiceRoutes } from "../rpc/handlers.ts";

const shownNameLength = 200;

/** What reflection knows of the served contract. */
interface ServedContract {
  readonly services: readonly DescService[];
  readonly files: ReadonlyMap<string, DescFile>;
  readonly symbols: ReadonlyMap<string, DescFile>;
  readonly registry: Registry;
}

/** Server reflection, v1 for today's tools and v1alpha for older ones: same messages, same answers. */
export function reflectionRoutes(served: readonly DescService[]): ServiceRoutes[] {
  const versions = [ServerReflection, ServerReflectionAlpha];
  const services = [...served, ...versions];
  const files = withDependencies(services.map((service) => service.file));
  const contract: ServedContract = {
    services,
    files: new Map(files.map((file) => [file.proto.name, file])),
    symbols: filesBySymbol(files),
    registry: createRegistry(...files),
  };
  return versions.map((service) => ({
    service,
    rule: openMethodRule,
    open: true,
    handlers: { serverReflectionInfo: answerRequests(contract) as never },
  }));
}

function answerRequests(contract: ServedContract) {
  return async function* (requests: AsyncIterable<ServerReflectionRequest>) {
    for await (const request of requests) {
      yield { validHost: request.host, originalRequest: request, messageResponse: answer(contract, request) };
    }
  };
}

function answer(contract: ServedContract, { messageRequest }: ServerReflectionRequest) {
  switch (messageRequest.case) {
    case "listServices":
      return {
        case: "listServicesResponse" as const,
        value: { service: contract.services.map((service) => ({ name: service.typeName })) },
      };
    case "fileByFilename":
      return fileAnswer(contract.files.get(messageRequest.value), messageRequest.value);
    case "fileContainingSymbol":
      return fileAnswer(contract.symbols.get(messageRequest.value), messageRequest.value);
    case "fileContainingExtension": {
      const { containingType, extensionNumber } = messageRequest.value;
      const extension = extensionsOf(contract, containingType).find(
        ({ number }) => number === extensionNumber,
      );
      return fileAnswer(extension?.file, `${containingType} extension ${extensionNumber}`);
    }
    case "allExtensionNumbersOfType": {
      if (contract.registry.getMessage(messageRequest.value) === undefined)
        return notFound(messageRequest.value);
      const extensionNumber = extensionsOf(contract, messageRequest.value).map(({ number }) => number);
      return {
        case: "allExtensionNumbersResponse" as const,
        value: { baseTypeName: messageRequest.value, extensionNumber },
      };
    }
    default:
      return notFound("the request asks for nothing");
  }
}

function fileAnswer(file: DescFile | undefined, asked: string) {
  if (file === undefined) return notFound(asked);
  const fileDescriptorProto = withDependencies([file])
    .reverse()
    .map((each) => toBinary(FileDescriptorProtoSchema, each.proto));
  return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto } };
}

function notFound(asked: string) {
  return {
    case: "errorResponse" as const,
    value: {
      errorCode: Code.NotFound as number,
      errorMessage: `not found: ${asked.slice(0, shownNameLength)}`,
    },
  };
}

/** The file of every name that a file declares: types and what lies in them. */
function filesBySymbol(files: readonly DescFile[]): Map<string, DescFile> {
  const found = new Map<string, DescFile>();
  for (const file of files) {
    for (const type of nestedTypes(file)) for (const name of namesOf(type)) found.set(name, file);
  }
  return found;
}

/** A type's own name and those of what it declares; nested types speak for themselves. */
function namesOf(type: DescMessage | DescEnum | DescExtension | DescService): string[] {
  const within = (names: ReadonlyArray<{ readonly name: string }>, scope: string) =>
    names.map(({ name }) => (scope === "" ? name : `${scope}.${name}`));
  switch (type.kind) {
    case "message":
      return [type.typeName, ...within(type.fields, type.typeName), ...within(type.oneofs, type.typeName)];
    case "service":
      return [type.typeName, ...within(type.methods, type.typeName)];
    case "enum":
      // The values of an enum are its siblings, as in C++.
      return [
        type.typeName,
        ...within(type.values, type.typeName.slice(0, Math.max(0, type.typeName.lastIndexOf(".")))),
      ];
    case "extension":
      return [type.typeName];
  }
}

function extensionsOf({ registry }: ServedContract, typeName: string) {
  return [...registry]
    .filter((type) => type.kind === "extension")
    .filter(({ extendee }) => extendee.typeName === typeName);
}

/** Files with all they import, the imported ones first. */
function withDependencies(files: readonly DescFile[]): DescFile[] {
  const found = new Map<string, DescFile>();
  const visit = (file: DescFile) => {
    if (found.has(file.name)) return;
    for (const dependency of file.dependencies) visit(dependency);
    found.set(file.name, file);
  };
  for (const file of files) visit(file);
  return [...found.values()];
}
