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

/** What an operator states about a channel. What is undefined has its default. */
export const channelSpec = {
  target: channelTarget,
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
/** A channel as it is kept, with its secrets. */
export type ChannelRecord = Static<typeof channelRecord>;
