/** How prices and price books change. The suites share two instances; each can be run alone, too. */
import "../testing/suites/price-changes.ts";
import "../testing/suites/price-books.ts";
import "../testing/suites/instances.ts";
