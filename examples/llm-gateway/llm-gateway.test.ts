/** The gateway as its callers see it. The suites share one system; each can be run alone, too. */
import "./testing/suites/calls.ts";
import "./testing/suites/repeated-calls.ts";
