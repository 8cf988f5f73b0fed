/** What INFO says about a Redis server, as far as money cares. */
export interface ServerInfo {
  readonly product: "redis" | "valkey";
  /** Dotted version, for example `7.0.15`. */
  readonly version: string;
  readonly role: string;
  readonly appendOnly: boolean;
  readonly maxmemoryPolicy: string;
  /** 0 if there is no limit. */
  readonly maxmemoryBytes: number;
  /** Replicas that are connected now. */
  readonly replicas: number;
  /** Names the history of its writes; another one after each restart and failover. */
  readonly replicationId: string;
  /** The one that it followed as a replica before; zeros if it was none. */
  readonly formerReplicationId: string;
}

/** Reads an INFO reply. Managed servers forbid CONFIG, so nothing else is asked. */
export function parseServerInfo(text: string): ServerInfo {
  const fields = new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes(":"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
  const valkeyVersion = fields.get("valkey_version");
  return {
    product: valkeyVersion === undefined ? "redis" : "valkey",
    version: valkeyVersion ?? fields.get("redis_version") ?? "0",
    role: fields.get("role") ?? "unknown",
    appendOnly: fields.get("aof_enabled") === "1",
    maxmemoryPolicy: fields.get("maxmemory_policy") ?? "unknown",
    maxmemoryBytes: Number(fields.get("maxmemory") ?? "0"),
    replicationId: fields.get("master_replid") ?? "",
    formerReplicationId: fields.get("master_replid2") ?? "",
    replicas: Number(fields.get("connected_slaves") ?? "0"),
  };
}

const oldestMajor: Readonly<Record<ServerInfo["product"], number>> = { redis: 7, valkey: 8 };

/** Why a server must not keep money, as sentences; empty if it may. */
export function unfitReasons(info: ServerInfo): string[] {
  const { product, version, role, appendOnly, maxmemoryPolicy } = info;
  const checks: ReadonlyArray<[fit: boolean, reason: string]> = [
    [
      Number.parseInt(version, 10) >= oldestMajor[product],
      `Redis is ${product} ${version}; the ledger needs Redis 7.0 or Valkey 8 or newer`,
    ],
    [role === "master", `Redis has the role ${role}; the ledger must talk to the primary (role master)`],
    [appendOnly, "Redis keeps no append-only file, so a restart would lose money: set appendonly yes"],
    [
      maxmemoryPolicy === "noeviction",
      `Redis has maxmemory-policy ${maxmemoryPolicy}, which may delete accounts: set it to noeviction`,
    ],
  ];
  return checks.filter(([fit]) => !fit).map(([, reason]) => reason);
}
