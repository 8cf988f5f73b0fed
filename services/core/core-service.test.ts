/**
 * The calls of Core as its callers see them. All suites share one Core, since starting it costs more than most of
 * them; each can be run alone, too: `node --test services/core/testing/suites/charges.ts`.
 */
import "./testing/suites/accounts.ts";
import "./testing/suites/charges.ts";
import "./testing/suites/funding.ts";
import "./testing/suites/holds.ts";
import "./testing/suites/reasons.ts";
import "./testing/suites/reservations.ts";
import "./testing/suites/transactions.ts";
