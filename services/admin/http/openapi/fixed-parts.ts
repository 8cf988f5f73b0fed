import type { JsonSchema } from "../schema/json-schema.ts";

const text = { type: "string" } as const;

/** What every error is (RFC 9457). */
export const problemSchema: JsonSchema = {
  type: "object",
  required: ["type", "title", "status", "detail", "reason", "request_id", "advice"],
  properties: {
    type: { ...text, examples: ["urn:holdfast:error:REQUEST_INVALID"] },
    title: text,
    status: { type: "integer" },
    detail: { ...text, description: "What is wrong this time." },
    reason: { ...text, description: "One of the reasons of docs/errors.md." },
    request_id: text,
    advice: { ...text, description: "What the caller should do." },
    metadata: { type: "object", additionalProperties: text },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["field", "description"],
        properties: { field: text, description: text },
      },
    },
    retry_after_ms: { type: "integer" },
  },
};

const session: JsonSchema = {
  type: "object",
  properties: {
    subject: text,
    role: { type: ["string", "null"], enum: ["viewer", "support", "finance", "admin", null] },
    accountId: { type: ["string", "null"] },
    scopes: { type: "array", items: text },
    csrfToken: { ...text, description: "To be sent as X-CSRF-Token." },
    expiresAt: { ...text, format: "date-time" },
    endsAt: { ...text, format: "date-time" },
  },
};
const problem = {
  description: "A problem",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};
const answer = { description: "The session", content: { "application/json": { schema: session } } };
const cookie = { name: "holdfast_session", in: "cookie", required: true, schema: text };

/** Sessions of browsers, which are no RPC at another address. */
export const sessionPaths: JsonSchema = {
  "/session": {
    post: {
      operationId: "postSession",
      tags: ["session"],
      summary: "Sign in, with an admin key or a customer's link",
      security: [{ adminKey: [] }, {}],
      requestBody: {
        content: {
          "application/json": {
            schema: { type: "object", properties: { link: text }, additionalProperties: false },
          },
        },
      },
      responses: { "200": answer, default: problem },
    },
    get: {
      operationId: "getSession",
      tags: ["session"],
      summary: "Who is signed in, and until when",
      security: [],
      parameters: [cookie],
      responses: { "200": answer, default: problem },
    },
    delete: {
      operationId: "deleteSession",
      tags: ["session"],
      summary: "Sign out",
      security: [],
      parameters: [cookie, { name: "X-CSRF-Token", in: "header", required: true, schema: text }],
      responses: { "200": { description: "Signed out" }, default: problem },
    },
  },
};
