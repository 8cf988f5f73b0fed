import { Type } from "typebox";
import { commonSettings, peerSettings, portSetting } from "#platform/config/common-settings.ts";

/** The settings of Monitoring, each an environment variable. */
export const monitoringSettings = Type.Object({
  ...commonSettings,
  ...peerSettings,
  MONITORING_PORT: portSetting("MONITORING_PORT"),
});
