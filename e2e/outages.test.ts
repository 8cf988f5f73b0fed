/** What goes on while a part is down. The suites share one system; each can be run alone, too. */
import "./testing/suites/outages-of-parts.ts";
import "./testing/suites/outages-under-load.ts";
