/** Alerts, their rules and what mutes them. The suites share one alerting; each can be run alone, too. */
import "../../testing/suites/alerts.ts";
import "../../testing/suites/alert-rules.ts";
import "../../testing/suites/muting.ts";
