/** What pages may call through Admin. The suites share one; each can be run alone, too. */
import "../../testing/suites/operator-pages.ts";
import "../../testing/suites/customer-pages.ts";
