/** The page that shows an alert; empty if no address of a dashboard is configured. */
export function generatorUrl(dashboardUrl: string, alertId: string): string {
  return dashboardUrl === "" ? "" : `${dashboardUrl}/alerts/${encodeURIComponent(alertId)}`;
}
