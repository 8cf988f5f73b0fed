import { type FunctionCall, textsOf } from "../function-call.ts";
import { type AccountKeys, accountKeys } from "../keys.ts";

/** Records of an account that are kept beside its journal. */
export type RecordHash =
  | { readonly name: "grants" | "openHolds" | "references" | "refunds" }
  | { readonly name: "settledHolds"; readonly day: number };

/** One record as stored. */
export interface StoredRecord {
  readonly field: string;
  readonly text: string;
  /** Its score in the expiry index; undefined if it is not there or has no place there. */
  readonly expiresMs: string | undefined;
}

/** A page of records. */
export interface RecordPage {
  /** The account's sequence when the page was read. */
  readonly sequence: number;
  /** Undefined at the end. */
  readonly nextCursor: string | undefined;
  readonly records: readonly StoredRecord[];
}

const memberKinds: Readonly<Partial<Record<RecordHash["name"], string>>> = { grants: "g", openHolds: "h" };

/** A page of one of an account's hashes; `cursor` is undefined at first. A record may come twice. */
export function scanRecordsCall(
  accountId: string,
  hash: RecordHash,
  cursor: string | undefined,
): FunctionCall<RecordPage> {
  const keys = accountKeys(accountId);
  return {
    name: "scan_records",
    keys: () => [keys.account, keyOf(keys, hash), keys.expiryIndex],
    args: () => [accountId, cursor ?? "0", memberKinds[hash.name] ?? ""],
    parse: (reply) => {
      const [sequence, nextCursor, ...rest] = textsOf(reply, 2);
      const records: StoredRecord[] = [];
      for (let index = 0; index < rest.length; index += 3) {
        const score = rest[index + 2]!;
        records.push({
          field: rest[index]!,
          text: rest[index + 1]!,
          expiresMs: score === "" ? undefined : score,
        });
      }
      return {
        sequence: Number(sequence),
        nextCursor: nextCursor === "0" ? undefined : nextCursor,
        records,
      };
    },
  };
}

function keyOf(keys: AccountKeys, hash: RecordHash): string {
  return hash.name === "settledHolds" ? keys.settledHolds(hash.day) : keys[hash.name];
}
