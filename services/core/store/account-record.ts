import { textsOf } from "./function-call.ts";
import type { Columns } from "./journal-entry.ts";

/** An account as stored. */
export interface AccountRecord {
  /** Entries in its journal. */
  readonly sequence: number;
  readonly configVersion: number;
  /** Time of the last entry. */
  readonly updatedMs: number;
  readonly createdMs: number;
  readonly currencyCode: string;
  readonly ledgerScale: number;
  readonly columns: Columns;
  readonly freezeReasons: readonly string[];
  readonly closed: boolean;
  /** Opaque JSON of the domain; empty if all settings are the defaults. */
  readonly settings: string;
}

/** An account, and what the function that read it says besides. */
export interface AccountReply {
  readonly account: AccountRecord;
  /** Whether the call found everything as it asked for and changed nothing. */
  readonly unchanged: boolean;
  /** Time of the Redis server. */
  readonly serverTimeMs: number;
}

/** Reads the reply of `read_account` and `create_account`. */
export function parseAccountReply(reply: unknown): AccountReply {
  const [unchanged, time, q, v, t, n, y, d, l, a, r, f, s, x, z, c, m] = textsOf(reply, 17);
  return {
    unchanged: unchanged === "1",
    serverTimeMs: Number(time),
    account: {
      sequence: Number(q),
      configVersion: Number(v),
      updatedMs: Number(t),
      createdMs: Number(n),
      currencyCode: y!,
      ledgerScale: Number(d),
      columns: {
        creditLimitAtoms: BigInt(l!),
        availableAtoms: BigInt(a!),
        reservedAtoms: BigInt(r!),
        fundedAtoms: BigInt(f!),
        spentAtoms: BigInt(s!),
        expiredAtoms: BigInt(x!),
      },
      freezeReasons: z === "" ? [] : z!.split(" "),
      closed: c === "1",
      settings: m!,
    },
  };
}
