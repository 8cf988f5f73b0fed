import type { JsonSchema } from "../schema/json-schema.ts";

const text = { type: "string" } as const;

/** What every error is (RFC 9457). */
export const problemSchema: JsonSchema = {
  type: "object",
  required: ["type", "title", "status", "detail", "reason", "request_id", "advice"],
  properties: {
    type: {
      ...text,
      description: "A name of the kind of problem.",
      examples: ["urn:holdfast:error:REQUEST_INVALID"],
    },
    title: { ...text, description: "The kind of problem, in words." },
    status: { type: "integer", description: "The HTTP status." },
    detail: { ...text, description: "What is wrong this time." },
    reason: { ...text, description: "One of the reasons of docs/errors.md." },
    request_id: { ...text, description: "Under which all services log the request." },
    advice: { ...text, description: "What the caller should do." },
    metadata: {
      type: "object",
      description: "Facts for programs, by reason; for example the amount that is lacking.",
      additionalProperties: text,
    },
    errors: {
      type: "array",
      description: "The fields at fault.",
      items: {
        type: "object",
        required: ["field", "description"],
        properties: {
          field: { ...text, description: "The path of the field in JSON, for example amount.amount." },
          description: { ...text, description: "What is wrong with it." },
        },
      },
    },
    retry_after_ms: { type: "integer", description: "When to try again, in milliseconds." },
  },
};

const session: JsonSchema = {
  type: "object",
  properties: {
    subject: { ...text, description: "Who is signed in." },
    role: {
      type: ["string", "null"],
      description: "The role of the operator's key; null for a customer.",
      enum: ["viewer", "support", "finance", "admin", null],
    },
    accountId: {
      type: ["string", "null"],
      description: "The one account that a customer's session sees; null for an operator.",
    },
    scopes: { type: "array", items: text, description: "What the session may do." },
    csrfToken: { ...text, description: "To be sent as X-CSRF-Token." },
    expiresAt: { ...text, format: "date-time", description: "When it ends if it is not used." },
    endsAt: { ...text, format: "date-time", description: "When it ends at the latest." },
  },
};
const problem = {
  description: "A problem",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};
const answer = { description: "The session", content: { "application/json": { schema: session } } };
const cookie = {
  name: "holdfast_session",
  in: "cookie",
  required: true,
  description: "Set by POST /session.",
  schema: text,
};
const csrfHeader = {
  name: "X-CSRF-Token",
  in: "header",
  required: true,
  description: "The csrfToken of the session.",
  schema: text,
};

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
            schema: {
              type: "object",
              properties: {
                link: { ...text, description: "The secret of a customer's link, which works once." },
              },
              additionalProperties: false,
            },
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
      parameters: [cookie, csrfHeader],
      responses: { "200": { description: "Signed out" }, default: problem },
    },
  },
};
