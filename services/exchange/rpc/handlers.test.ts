/** What rates and conversions are answered. The suites share one Exchange; each can be run alone, too. */
import "../testing/suites/rates-and-currencies.ts";
import "../testing/suites/conversions.ts";
