import { type Static, Type } from "typebox";
import { commonSettings, peerSettings, portSetting } from "#platform/config/common-settings.ts";
import { secret } from "#platform/config/load-config.ts";

/** The settings of Monitoring, each an environment variable. */
export const monitoringSettings = Type.Object({
  ...commonSettings,
  ...peerSettings,
  MONITORING_PORT: portSetting("MONITORING_PORT"),
  MONITORING_ALLOWED_HOSTS: Type.String({
    default: "",
    description:
      "Hosts, or host:port, that channels may lie at although private, separated by commas; empty allows none",
  }),
  CHANNEL_KEY: Type.Optional(
    Type.String({
      ...secret,
      minLength: 32,
      maxLength: 1_024,
      description:
        "Secret that the key for channels' secrets in Redis is derived from; at least 32 characters; by default JWT_SECRET",
    }),
  ),
  CHANNEL_KEYS_PREVIOUS: Type.Optional(
    Type.String({
      ...secret,
      minLength: 32,
      maxLength: 16_384,
      pattern: "^[^,]{32,1024}(,[^,]{32,1024}){0,15}$",
      description: "Secrets that channels' secrets may still be sealed with, separated by commas; at most 16",
    }),
  ),
  DASHBOARD_URL: Type.String({
    pattern: "^(https?://[^\\s]+[^/\\s])?$",
    default: "",
    description: "Address of the dashboard as people reach it, for links in notifications; empty: no links",
  }),
});

/**
 * The secrets that channels are sealed with: the one in use, then those of before. JWT_SECRET is among them also
 * where CHANNEL_KEY is set, so that setting it takes nothing but a restart.
 */
export function channelSecrets(settings: Static<typeof monitoringSettings>): readonly [string, ...string[]] {
  const earlier = settings.CHANNEL_KEYS_PREVIOUS?.split(",") ?? [];
  const defaults = [settings.JWT_SECRET, settings.JWT_SECRET_PREVIOUS ?? []].flat();
  return [settings.CHANNEL_KEY ?? settings.JWT_SECRET, ...earlier, ...defaults];
}
