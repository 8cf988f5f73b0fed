import { Type } from "typebox";
import { secret } from "./load-config.ts";

/** The port that a service listens on when nothing else is said; PORT_OFFSET is added. */
export const defaultPorts = {
  CORE_PORT: 50_052,
  PRICING_PORT: 50_053,
  EXCHANGE_PORT: 50_054,
  MONITORING_PORT: 50_055,
  ADMIN_PORT: 50_056,
  ADMIN_HTTP_PORT: 50_057,
} as const;

/** A setting that names a port; 0 takes any free one, without the offset. */
export function portSetting(name: keyof typeof defaultPorts) {
  return Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: defaultPorts[name],
    description: "Port to listen on; PORT_OFFSET is added",
  });
}

/** A setting that names the base URL of another service. */
export function peerUrlSetting(name: string) {
  return Type.Optional(
    Type.String({
      pattern: "^https?://[^/]+$",
      description: `Base URL of ${name}; by default this machine, at its port`,
    }),
  );
}

/** Settings that every service has. */
export const commonSettings = {
  HOST: Type.String({ default: "127.0.0.1", description: "Address to listen on; 0.0.0.0 in containers" }),
  PORT_OFFSET: Type.Integer({
    minimum: 0,
    maximum: 15_000,
    default: 0,
    description: "Added to every port, so that two stacks run side by side",
  }),
  REDIS_URL: Type.String({
    ...secret,
    minLength: 1,
    default: "redis://127.0.0.1:6379",
    description: "redis://, rediss:// or unix:// URL; several, separated by commas, for a cluster",
  }),
  REDIS_CLUSTER: Type.Boolean({ default: false, description: "Whether REDIS_URL names a Redis Cluster" }),
  REDIS_TIMEOUT_MS: Type.Integer({
    minimum: 2_500,
    maximum: 60_000,
    default: 2_500,
    description:
      "Longest wait for a reply of Redis, in milliseconds; a call beyond it fails with STORE_UNAVAILABLE. More is for " +
      "a Redis that stands still now and then",
  }),
  JWT_SECRET: Type.String({
    ...secret,
    minLength: 32,
    maxLength: 1_024,
    description: "Shared secret for HS256 tokens, at least 32 characters",
  }),
  JWT_SECRET_PREVIOUS: Type.Optional(
    Type.String({
      ...secret,
      minLength: 32,
      maxLength: 1_024,
      description: "The secret before, accepted while tokens change over",
    }),
  ),
  JWT_JWKS: Type.Optional(
    Type.String({
      ...secret,
      minLength: 1,
      maxLength: 65_536,
      description: "JWK set of public keys whose tokens are accepted too; each key states its alg",
    }),
  ),
  JWT_ISSUER: Type.String({
    minLength: 1,
    default: "holdfast",
    description: "The iss that tokens must have",
  }),
  LOG_LEVEL: Type.Union(
    [
      Type.Literal("trace"),
      Type.Literal("debug"),
      Type.Literal("info"),
      Type.Literal("warn"),
      Type.Literal("error"),
    ],
    { default: "info", description: "trace, debug, info, warn or error" },
  ),
  LOG_FORMAT: Type.Union([Type.Literal("json"), Type.Literal("pretty")], {
    default: "json",
    description: "json for machines, pretty for people",
  }),
  CORS_ORIGINS: Type.String({
    default: "",
    description: "Origins of browsers that may call, separated by commas; * allows all; empty allows none",
  }),
  TLS_CERT: Type.Optional(
    Type.String({
      ...secret,
      minLength: 1,
      description: "PEM certificate chain; turns TLS on, together with TLS_KEY",
    }),
  ),
  TLS_KEY: Type.Optional(Type.String({ ...secret, minLength: 1, description: "PEM private key" })),
  FAST_PATH: Type.Boolean({
    default: true,
    description: "Whether plain unary calls take the short way past Connect's handlers; answers are the same",
  }),
  WORKERS: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 1,
    description:
      "Processes that serve the service's port together, about one per core that it may use; each has its own " +
      "connections to Redis and to other services",
  }),
  REFLECTION: Type.Boolean({ default: true, description: "Whether server reflection is offered" }),
  SHUTDOWN_GRACE_MS: Type.Integer({
    minimum: 0,
    maximum: 120_000,
    default: 10_000,
    description: "How long calls under way may go on after SIGTERM, in milliseconds",
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      minLength: 1,
      description: "Where to send traces; needs @opentelemetry/sdk-node to be installed",
    }),
  ),
};

/** Base URLs of the services as this one should call them. */
export const peerSettings = {
  CORE_URL: peerUrlSetting("Billing Core"),
  PRICING_URL: peerUrlSetting("Pricing"),
  EXCHANGE_URL: peerUrlSetting("Exchange Rate"),
  MONITORING_URL: peerUrlSetting("Monitoring"),
  ADMIN_URL: peerUrlSetting("Admin"),
};

/** Names of the peers. */
export type PeerName = "CORE" | "PRICING" | "EXCHANGE" | "MONITORING" | "ADMIN";

/** The base URL of a peer: as configured, else this machine at the peer's default port. */
export function peerUrl(
  config: { readonly PORT_OFFSET: number } & { readonly [P in `${PeerName}_URL`]?: string },
  peer: PeerName,
): string {
  return config[`${peer}_URL`] ?? `http://127.0.0.1:${defaultPorts[`${peer}_PORT`] + config.PORT_OFFSET}`;
}
