import { type FunctionCall, textsOf } from "../function-call.ts";
import { decodeHold, type HoldSnapshot } from "../hold-record.ts";
import { accountKeys, holdKeys } from "../keys.ts";

/** A hold as stored. */
export interface HoldReply {
  readonly hold: HoldSnapshot;
  /** Opaque JSON of the service; may be empty. */
  readonly terms: string;
  readonly currencyCode: string;
  readonly ledgerScale: number;
}

/** A hold, open or settled; one that is due is expired first. */
export function readReservationCall(
  accountId: string,
  holdSequence: number,
  holdDay: number,
): FunctionCall<HoldReply> {
  const keys = accountKeys(accountId);
  return {
    name: "read_reservation",
    keys: (day) => holdKeys(keys, day, holdDay),
    args: () => [accountId, String(holdSequence), String(holdDay)],
    parse: (reply) => {
      const [hold, terms, currencyCode, ledgerScale] = textsOf(reply, 4);
      return {
        hold: decodeHold(hold!),
        terms: terms!,
        currencyCode: currencyCode!,
        ledgerScale: Number(ledgerScale),
      };
    },
  };
}
