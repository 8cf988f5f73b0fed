import { type Static, Type } from "typebox";
import { authorship, matcherRecord } from "./authorship.ts";

const webhookTarget = Type.Object({
  kind: Type.Literal("webhook"),
  url: Type.String(),
  /** Empty: requests are not signed. */
  signingSecret: Type.String(),
});

const slackTarget = Type.Object({
  kind: Type.Literal("slack"),
  /** A credential. */
  url: Type.String(),
  /** Empty: the webhook's own. */
  room: Type.String(),
});

const logTarget = Type.Object({ kind: Type.Literal("log") });

const channelTarget = Type.Union([webhookTarget, slackTarget, logTarget]);
/** Where notifications go. */
export type ChannelTarget = Static<typeof channelTarget>;

const sealedTarget = Type.Object({
  kind: Type.Literal("sealed"),
  /** Without its secrets. */
  shown: channelTarget,
  /** Whether a webhook has a signing secret. */
  isSigned: Type.Boolean(),
  /** Id of the key that it is sealed with. */
  key: Type.String(),
  /** Nonce, encrypted target and tag, in base64url. */
  data: Type.String(),
});
/** A target whose secrets only the holder of a key can read. */
export type SealedTarget = Static<typeof sealedTarget>;

/** In clear: one without secrets, or from before they were sealed. */
const storedTarget = Type.Union([channelTarget, sealedTarget]);
/** A target as it is kept. */
export type StoredTarget = Static<typeof storedTarget>;

/** What an operator states about a channel. What is undefined has its default. */
export const channelSpec = {
  target: storedTarget,
  matchers: Type.Array(matcherRecord),
  /** Empty: by `alertname`. */
  groupBy: Type.Array(Type.String()),
  groupWaitMs: Type.Optional(Type.Number()),
  groupIntervalMs: Type.Optional(Type.Number()),
  repeatIntervalMs: Type.Optional(Type.Number()),
  skipResolved: Type.Boolean(),
  /** 0: 100. */
  maxAlerts: Type.Integer({ minimum: 0 }),
  disabled: Type.Boolean(),
  description: Type.String(),
};

export const channelRecord = Type.Object({ ...channelSpec, ...authorship });
/** A channel as it is kept. */
export type ChannelRecord = Static<typeof channelRecord>;
