import { fastifySwagger } from "@fastify/swagger";
import { fastifySwaggerUi } from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { strictPolicy } from "../content-policy.ts";
import type { HttpPlugin } from "../http-plugin.ts";
import type { JsonSchema } from "../schema/json-schema.ts";

const documentPath = "/openapi.json";
const pagePath = "/docs";

/** `GET /openapi.json` for programs and `GET /docs` for people. Neither tells anything that is not in the contract. */
export function openApiPages(document: JsonSchema): HttpPlugin[] {
  const text = `${JSON.stringify(document)}\n`;
  return [
    {
      path: documentPath,
      methods: ["GET", "HEAD"],
      register: async (app) => {
        app.get(documentPath, async (_request, reply) => reply.type("application/json").send(text));
      },
    },
    {
      path: pagePath,
      methods: ["GET", "HEAD"],
      register: (app) => addReader(app, document),
    },
  ];
}

async function addReader(app: FastifyInstance, document: JsonSchema): Promise<void> {
  await app.register(fastifySwagger, { mode: "static", specification: { document: document as never } });
  await app.register(fastifySwaggerUi, {
    routePrefix: pagePath,
    staticCSP: strictPolicy,
    uiConfig: {
      docExpansion: "none",
      deepLinking: true,
      tryItOutEnabled: true,
      displayRequestDuration: true,
    },
  });
}
