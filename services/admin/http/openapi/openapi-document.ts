import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { methodRule } from "#platform/access/method-rule.ts";
import { leastRoleWith } from "../../domain/access/roles.ts";
import { freeFields, hasBody, idempotencyField, pathFields, type Route } from "../routes/route.ts";
import { boundsOf, isRequired, rulesOf } from "../schema/field-bounds.ts";
import {
  fieldSchema,
  hasOwnSchema,
  type JsonSchema,
  messageSchema,
  messagesWithin,
  type SchemaOptions,
} from "../schema/json-schema.ts";
import { describeField, describeMessage } from "./contract-descriptions.ts";
import { problemSchema, sessionPaths } from "./fixed-parts.ts";
import { sampleMessage } from "./sample-message.ts";

const refer = ({ typeName }: DescMessage) => `#/components/schemas/${typeName}`;
const options: SchemaOptions = {
  refer,
  bounds: true,
  describe: { field: describeField, message: describeMessage },
};

/** The description of HTTP JSON in OpenAPI 3.1, made from the table of routes and the contract alone. */
export function openApiDocument(routes: readonly Route[], version: string): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    paths[path] = { ...paths[path], [route.httpMethod.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Holdfast Admin",
      version,
      description:
        "The operators' side of Holdfast over HTTP JSON. Names and values follow the standard JSON mapping of the contract; amounts are exact decimals in text. Errors are problems (RFC 9457).",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ adminKey: [] }, { bearer: [] }],
    tags: [...new Set(routes.map(familyOf))].map((name) => ({ name })),
    paths: { ...paths, ...sessionPaths },
    components: {
      securitySchemes: {
        adminKey: { type: "apiKey", in: "header", name: "X-Admin-Key" },
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
      },
      schemas: { ...schemasOf(routes), Problem: problemSchema },
    },
  };
}

/** `/admin/accounts/:accountId` → `/admin/accounts/{accountId}`. */
function templateOf(path: string): string {
  return path.replace(/:([A-Za-z]+)/g, "{$1}");
}

/** `/admin/accounts/…` → `accounts`. */
function familyOf({ path }: Route): string {
  return path.split("/").filter((part) => part !== "admin")[1] ?? "";
}

function operation(route: Route): JsonSchema {
  const { scope } = methodRule(route.rpc);
  const role = leastRoleWith(scope);
  return {
    operationId: operationIdOf(route),
    tags: [familyOf(route)],
    summary: route.summary,
    description: `Calls \`${route.rpc.parent.typeName}/${route.rpc.name}\`. Needs the scope \`${scope}\`${role === undefined ? "" : `, which the role ${role} has`}.`,
    parameters: [...pathParameters(route), ...headerParameters(route), ...queryParameters(route)],
    ...(hasBody(route) ? { requestBody: requestBody(route) } : {}),
    responses: {
      "200": { description: "The answer", content: answerContent(route) },
      default: {
        description: "A problem",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function operationIdOf({ httpMethod, path }: Route): string {
  const words = path.split(/[^A-Za-z]+/).filter((word) => word !== "");
  return [
    httpMethod.toLowerCase(),
    ...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)),
  ].join("");
}

function pathParameters(route: Route): JsonSchema[] {
  return pathFields(route).map((name) => {
    const field = route.rpc.input.fields.find(({ jsonName }) => jsonName === name) as DescField;
    const described = parameterSchema(field);
    return { name, in: "path", required: true, ...described, example: route.example[name] };
  });
}

function headerParameters(route: Route): JsonSchema[] {
  const field = idempotencyField(route);
  const rules = field && rulesOf(field);
  if (rules === undefined) return [];
  return [
    {
      name: "Idempotency-Key",
      in: "header",
      required: true,
      description: "New for each new request; the same for a retry of it.",
      schema: { type: "string", ...boundsOf(rules) },
      example: "0190f3a2-1f7e-7c31-9d0e-2b5a8f1c6d47",
    },
  ];
}

function queryParameters(route: Route): JsonSchema[] {
  return hasBody(route) ? [] : freeFields(route).flatMap((field) => queryParameter(route, field));
}

/** A field of a query; the fields of a message stand behind a dot. */
function queryParameter(route: Route, field: DescField): JsonSchema[] {
  const name = field.jsonName;
  const example = route.example[name];
  if (field.fieldKind === "message" && hasOwnSchema(field.message)) {
    return field.message.fields.map((inner) => ({
      name: `${name}.${inner.jsonName}`,
      in: "query",
      ...parameterSchema(inner),
    }));
  }
  if (field.fieldKind === "map") {
    const description = `${describeField(field)} Each entry as \`${name}.<key>=<value>\`.`;
    return [{ name: `${name}.key`, in: "query", description, schema: { type: "string" } }];
  }
  return [
    {
      name,
      in: "query",
      ...(isRequired(field) ? { required: true } : {}),
      ...parameterSchema(field),
      ...(example === undefined ? {} : { example }),
    },
  ];
}

/** Schema and description of a parameter, which has the latter beside the former. */
function parameterSchema(field: DescField): { schema: JsonSchema; description: unknown } {
  const { description, ...schema } = fieldSchema(field, options);
  return { schema, description };
}

function requestBody(route: Route): JsonSchema {
  const fields = freeFields(route);
  const names = new Set(fields.map(({ jsonName }) => jsonName));
  const whole = messageSchema(route.rpc.input, options);
  const required = (whole.required as string[] | undefined)?.filter((name) => names.has(name)) ?? [];
  const properties = Object.fromEntries(fields.map((field) => [field.jsonName, fieldSchema(field, options)]));
  const schema = { ...whole, properties };
  const example = Object.fromEntries(Object.entries(route.example).filter(([name]) => names.has(name)));
  return {
    required: required.length > 0,
    content: {
      "application/json": {
        schema: required.length > 0 ? { ...schema, required } : withoutRequired(schema),
        example,
      },
    },
  };
}

function withoutRequired({ required: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function answerContent({ rpc }: Route): JsonSchema {
  const content = { schema: { $ref: refer(rpc.output) }, example: sampleMessage(rpc.output) };
  return { [rpc.methodKind === "unary" ? "application/json" : "application/x-ndjson"]: content };
}

/** The messages of all answers, and what requests contain. */
function schemasOf(routes: readonly Route[]): Record<string, JsonSchema> {
  const messages = new Set<DescMessage>();
  for (const { rpc } of routes) {
    messagesWithin(rpc.output, messages);
    for (const { message } of rpc.input.fields) if (message !== undefined) messagesWithin(message, messages);
  }
  return Object.fromEntries(
    [...messages].map((message) => [message.typeName, messageSchema(message, options)]),
  );
}
