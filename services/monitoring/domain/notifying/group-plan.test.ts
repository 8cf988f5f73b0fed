import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GroupRecord } from "../../store/alerts/group-record.ts";
import { decideGroup, type GroupMember } from "./group-plan.ts";

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 0, 1);
const terms = { repeatIntervalMs: 4 * hourMs, skipResolved: false };

/** A channel that was told `firing` so many hours ago. */
const known = (firing: string, hoursAgo = 1): GroupRecord => ({
  channelId: "c",
  groupKey: "{}:{}",
  groupLabels: {},
  notifiedAtMs: nowMs - hoursAgo * hourMs,
  firing: [...firing],
  deliveryId: "d",
});

/** Members by letter: as it is it fires; with ' it ended, with " quietly; with ~ it is muted; with ! somebody has it. */
function members(text: string): GroupMember[] {
  return [...text.matchAll(/([a-z])(['"]?)(~?)(!?)/g)].map(([, alertId = "", end, muted, taken]) => ({
    alertId,
    isFiring: end === "",
    endsQuietly: end === '"',
    isMuted: muted === "~",
    isAcknowledged: taken === "!",
  }));
}

const cases: ReadonlyArray<
  [what: string, known: GroupRecord | undefined, members: string, told: string | undefined, firing: string]
> = [
  ["a first alert is told", undefined, "a", "a", "a"],
  ["a muted one is not told", undefined, "a~", undefined, ""],
  ["what is known is not told again", known("a"), "a", undefined, "a"],
  ["a further alert is told with the others", known("a"), "ab", "ab", "ab"],
  ["an end is told", known("ab"), "ab'", "ab", "a"],
  ["the last end is told", known("a"), "a'", "a", ""],
  ["an end that nobody waits for is not told", undefined, "a'", undefined, ""],
  ["the end of a muted alert is not told", known("a"), "a'~", undefined, ""],
  ["the end of a deleted rule's alert is not told", known("a"), 'a"', undefined, ""],
  ["an alert muted since stays known", known("a"), "a~", undefined, "a"],
  ["one that is not muted any more is not told again", known("a"), "a", undefined, "a"],
  ["an unchanged group is repeated after its interval", known("a", 4), "a", "a", "a"],
  ["and not before", known("a", 3.99), "a", undefined, "a"],
  ["what somebody has taken is not repeated", known("a", 4), "a!", undefined, "a"],
  ["it is repeated while another one is not taken", known("ab", 4), "a!b", "ab", "ab"],
  ["a muted group is not repeated", known("a", 4), "a~", undefined, "a"],
  ["the end of what somebody has taken is told", known("a"), "a'!", "a", ""],
  ["a new alert is told beside a taken one", known("a"), "a!b", "ab", "ab"],
];

describe("a group of alerts", () => {
  for (const [what, before, text, told, firing] of cases) {
    test(what, () => {
      const decision = decideGroup(before, members(text), terms, nowMs);
      assert.deepEqual([decision.told?.join(""), decision.firing.join("")], [told, firing]);
    });
  }

  test("whose channel leaves ends out tells none, and forgets what ended", () => {
    const quiet = { ...terms, skipResolved: true };
    assert.deepEqual(decideGroup(known("ab"), members("ab'"), quiet, nowMs), {
      told: undefined,
      firing: ["a"],
    });
    assert.deepEqual(decideGroup(known("a"), members("a'"), quiet, nowMs), { told: undefined, firing: [] });
  });
});
