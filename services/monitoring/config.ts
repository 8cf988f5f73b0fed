import { Type } from "typebox";
import { commonSettings, peerSettings, portSetting } from "#platform/config/common-settings.ts";

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
  DASHBOARD_URL: Type.String({
    pattern: "^(https?://[^\\s]+[^/\\s])?$",
    default: "",
    description: "Address of the dashboard as people reach it, for links in notifications; empty: no links",
  }),
});
