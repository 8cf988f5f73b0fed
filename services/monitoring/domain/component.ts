/** The parts of the system, in the order in which they are shown. */
export const componentNames = ["core", "pricing", "exchange", "monitoring", "admin", "redis"] as const;
export type ComponentName = (typeof componentNames)[number];

/** The services among them. */
export type ServiceName = Exclude<ComponentName, "redis">;

/** Whether something works; `degraded`: it does, with a fault that needs attention. */
export type HealthStatus = "serving" | "degraded" | "not_serving";

/** What a part is called, and how the whole stands when the part does not work. */
export interface ComponentTraits {
  readonly title: string;
  /** Without Core or Redis no money moves; without another part something is missing. */
  readonly systemWithoutIt: Exclude<HealthStatus, "serving">;
}

export const componentTraits: Readonly<Record<ComponentName, ComponentTraits>> = {
  core: { title: "Billing Core", systemWithoutIt: "not_serving" },
  pricing: { title: "Pricing", systemWithoutIt: "degraded" },
  exchange: { title: "Exchange Rate", systemWithoutIt: "degraded" },
  monitoring: { title: "Monitoring", systemWithoutIt: "degraded" },
  admin: { title: "Admin", systemWithoutIt: "degraded" },
  redis: { title: "Redis", systemWithoutIt: "not_serving" },
};

/** What was found out about a part. */
export interface Finding {
  readonly component: ComponentName;
  /** Host and port that was asked. */
  readonly address: string;
  readonly status: HealthStatus;
  /** Why it does not work fully, most important first, each to be read after its title. */
  readonly reasons: readonly string[];
  /** How long asking took; undefined without an answer. */
  readonly latencyMs: number | undefined;
  /** Version of its software; empty if unknown. */
  readonly version: string;
  readonly checkedAtMs: number;
  /** When it started, epoch milliseconds; undefined if unknown. */
  readonly startedAtMs: number | undefined;
}

/** The worse of two. */
export function worse(left: HealthStatus, right: HealthStatus): HealthStatus {
  return severity[left] >= severity[right] ? left : right;
}

const severity: Readonly<Record<HealthStatus, number>> = { serving: 0, degraded: 1, not_serving: 2 };
