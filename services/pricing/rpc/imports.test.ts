/** How lists of prices are imported. The suites share one Pricing; each can be run alone, too. */
import "../testing/suites/import-steps.ts";
import "../testing/suites/import-sources.ts";
