import type { Finding } from "./component.ts";
import type { IntakeProgress } from "./intake/intake.ts";

const oldEventMs = 60_000;

/** Adds to what was found of Monitoring what is wrong with its intake. */
export function judgeIntake(monitoring: Finding, progress: IntakeProgress | undefined): Finding {
  const reasons = progress === undefined ? [] : intakeFaults(progress);
  if (reasons.length === 0 || monitoring.status === "not_serving") return monitoring;
  return { ...monitoring, status: "degraded", reasons: [...monitoring.reasons, ...reasons] };
}

/** Most important first. */
function intakeFaults({ oldestEventAgeMs = 0, lostBuckets, setAside }: IntakeProgress): string[] {
  const faults: string[] = [];
  if (setAside.missing > 0)
    faults.push(`could not read ${setAside.missing} events of the last 24 h: they are in no figure`);
  if (oldEventMs < oldestEventAgeMs)
    faults.push(`counts events that are ${Math.round(oldestEventAgeMs / 1_000)} s old`);
  if (lostBuckets > 0)
    faults.push(`reads the accounts of ${lostBuckets} buckets anew: their outboxes were trimmed before`);
  if (setAside.refilled > 0)
    faults.push(
      `could not read ${setAside.refilled} entries of the last 24 h and took their events from the journal`,
    );
  return faults;
}
