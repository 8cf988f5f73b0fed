/** What bundled prices cost and how they are read. The suites share one Pricing; each can be run alone, too. */
import "../testing/suites/price-reading.ts";
import "../testing/suites/calculations.ts";
