import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CommonError } from "#platform/errors/common-error.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import { bucketTags } from "#platform/redis/buckets.ts";
import { redis } from "#platform/testing/shared-redis.ts";
import { readCrossings, removeCrossings, type StoredCrossing } from "../../store/crossing-stream.ts";
import { beat, hasLostEntries } from "../../store/intake/outboxes.ts";
import { countSetAside } from "../../store/intake/set-aside.ts";
import type { ShardIntake } from "./shard-intake.ts";
import { charge, countAll, counted, createLab, none, publish, unit } from "./testing/intake-lab.ts";

describe("an intake", () => {
  test("counts each event once, also when it begins anew after each read", async () => {
    const lab = await createLab();
    for (let round = 0; round < 5; round++) {
      await charge(lab, "acct", 100n + BigInt(round));
      await countAll(lab.open("acct"));
    }
    assert.deepEqual(await counted(lab), { charges: "5", spent: "0.35", liabilities: "1.04" });
  });

  test("counts each event once when two count the same shard at the same time", async () => {
    const lab = await createLab();
    for (let round = 0; round < 600; round++) await charge(lab, "acct", 100n);
    const both = [lab.open("acct"), lab.open("acct")];
    const conflicts: string[] = [];
    const countStubbornly = async (intake: ShardIntake) => {
      for (let more = true; more; ) {
        more = await intake.countNext(none).catch((error: Error) => {
          conflicts.push(error.name);
          return true;
        });
      }
    };
    await Promise.all(both.map(countStubbornly));
    assert.deepEqual(new Set(conflicts), new Set(["ShardConflict"]));
    assert.deepEqual(await counted(lab), { charges: "600", spent: "42", liabilities: "1" });
  });

  test("takes from the journal what the outbox lacks, and leaves it out when it comes late", async () => {
    const lab = await createLab();
    await charge(lab, "acct", 300n);
    await charge(lab, "acct", 200n, false);
    await charge(lab, "acct", 100n, false);
    await charge(lab, "acct", 50n);
    await countAll(lab.open("acct"));
    assert.deepEqual(lab.reads, ["acct"]);
    assert.deepEqual(await counted(lab), { charges: "4", spent: "0.28", liabilities: "0.5" });
    await charge(lab, "acct", 40n);
    await lab.open("acct").refill("acct", none);
    await countAll(lab.open("acct"));
    assert.deepEqual(await counted(lab), { charges: "5", spent: "0.35", liabilities: "0.4" });
  });

  test("leaves out events of an account that nobody knows, and goes on", async () => {
    const lab = await createLab();
    await charge(lab, "ghost", 100n);
    lab.journal.delete("ghost");
    await countAll(lab.open("ghost"));
    assert.deepEqual(
      lab.setAside.map(({ accountId, outcome }) => [accountId, outcome]),
      [["ghost", "missing"]],
    );
    assert.deepEqual(await countSetAside(redis, 0), { refilled: 0, missing: 1 });
    assert.deepEqual(await counted(lab), { charges: "0", spent: "0", liabilities: "0" });
  });

  const malformed: ReadonlyArray<[what: string, fields: string[], reason: RegExp]> = [
    ["without fields", ["x", "y"], /unknown form/],
    ["of another format", ["a", "acct", "q", "2", "e", ["2", 2, 0, "D", 0, 0].join(unit)], /unknown form/],
    [
      "with a sequence that is no number",
      ["a", "acct", "q", "2", "e", ["1", "two", 0, "D", 0, 0, 0, 0, 0, 0].join(unit)],
      /sequence .* no whole number/,
    ],
    [
      "without an amount",
      ["a", "acct", "q", "2", "e", ["1", 2, 0, "D", "", 0, 0, 0, 0, 0].join(unit)],
      /available .* no whole number/,
    ],
    [
      "of an unknown type",
      ["a", "acct", "q", "2", "e", ["1", 2, 0, "?", 0, 0, 0, 0, 0, 0].join(unit)],
      /unknown type/,
    ],
  ];
  for (const [what, fields, reason] of malformed) {
    test(`sets an entry ${what} aside, takes its event from the journal and goes on`, async () => {
      const lab = await createLab();
      await charge(lab, "acct", 300n);
      await charge(lab, "acct", 200n, false);
      await publish(lab, "acct", ...fields);
      await countAll(lab.open("acct"));
      const isKnown = fields[0] === "a";
      // An entry that names no account shows as a gap before the next event.
      const first = isKnown
        ? { charges: "2", spent: "0.14", liabilities: "2" }
        : { charges: "1", spent: "0.07", liabilities: "3" };
      assert.deepEqual(await counted(lab), first);
      await charge(lab, "acct", 100n);
      await countAll(lab.open("acct"));
      assert.deepEqual(await counted(lab), { charges: "3", spent: "0.21", liabilities: "1" });
      const [found] = lab.setAside;
      assert.equal(lab.setAside.length, 1);
      assert.match(found!.reason, reason);
      assert.equal(found!.outcome, isKnown ? "refilled" : "missing");
      assert.deepEqual(await countSetAside(redis, 0), {
        refilled: isKnown ? 1 : 0,
        missing: isKnown ? 0 : 1,
      });
    });
  }

  test("gives up an account that the journal cannot read, after a bounded number of tries, and counts the rest", async () => {
    const lab = await createLab();
    await charge(lab, "acct", 300n);
    await charge(lab, "acct", 200n, false);
    await charge(lab, "acct", 100n);
    let tries = 0;
    lab.core.readEvents = () => {
      tries += 1;
      throw new ServiceError("INTERNAL", "the account is damaged");
    };
    let turns = 0;
    for (let isDone = false; !isDone; turns++) {
      assert.ok(turns < 20, "it goes on for ever");
      isDone = await countAll(lab.open("acct")).then(
        () => true,
        () => false,
      );
    }
    assert.equal(tries, 10);
    assert.deepEqual(
      lab.setAside.map(({ outcome, reason }) => [outcome, reason]),
      [["missing", "the journal could not be read: the account is damaged"]],
    );
    assert.deepEqual(await counted(lab), { charges: "2", spent: "0.14", liabilities: "1" });
  });

  test("waits for a journal that is away, however often it was asked", async () => {
    const lab = await createLab();
    await charge(lab, "acct", 300n);
    await charge(lab, "acct", 200n, false);
    await charge(lab, "acct", 100n);
    const { readEvents } = lab.core;
    lab.core.readEvents = () => {
      throw new CommonError("PEER_UNAVAILABLE", "Core is away");
    };
    for (let turn = 0; turn < 25; turn++) await assert.rejects(countAll(lab.open("acct")), /Core is away/);
    lab.core.readEvents = readEvents;
    await countAll(lab.open("acct"));
    assert.deepEqual(lab.setAside, []);
    assert.deepEqual(await counted(lab), { charges: "3", spent: "0.21", liabilities: "1" });
  });

  test("tells of a crossing once, in the step that counts it", async () => {
    const lab = await createLab();
    await charge(lab, "acct", 300n);
    await charge(lab, "acct", 100n);
    await Promise.allSettled([lab.open("acct"), lab.open("acct")].map(countAll));
    await countAll(lab.open("acct"));
    const crossings = await readCrossings(lab.redis);
    const [{ data }] = crossings as [StoredCrossing];
    assert.equal(crossings.length, 1);
    assert.deepEqual(JSON.parse(data).id, "acct/2/low/low/fired");
    await removeCrossings(lab.redis, crossings);
    assert.deepEqual(await readCrossings(lab.redis), []);
  });
});

describe("the ledger's record of readers", () => {
  test("keeps the mark of a lagged reader until it has made up for what it missed", async () => {
    const lab = await createLab();
    const key = `{${bucketTags[3]}}:w`;
    const stored = () => lab.redis.command<string | null>(key, ["HGET", key, "monitoring"]);
    assert.deepEqual(await beat(lab.redis, 3, "5-0", false), { lagged: false });
    assert.match(String(await stored()), /^5-0,\d{13}$/);
    await lab.redis.command(key, ["HSET", key, "monitoring", "5-0,1,lagged"]);
    assert.deepEqual(await beat(lab.redis, 3, "7-0", false), { lagged: true });
    assert.equal(await stored(), "5-0,1,lagged");
    assert.deepEqual(await beat(lab.redis, 3, "7-0", true), { lagged: false });
    assert.match(String(await stored()), /^7-0,\d{13}$/);
  });

  test("tells whether entries after a position were trimmed", async () => {
    const lab = await createLab();
    const key = `{${bucketTags[3]}}:o`;
    for (const id of ["1-0", "2-0", "3-0"]) await lab.redis.command(key, ["XADD", key, id, "a", "b"]);
    assert.equal(await hasLostEntries(lab.redis, 3, "0-0"), false);
    await lab.redis.command(key, ["XTRIM", key, "MINID", "3-0"]);
    assert.equal(await hasLostEntries(lab.redis, 3, "1-0"), true);
    assert.equal(await hasLostEntries(lab.redis, 3, "3-0"), false);
    assert.equal(await hasLostEntries(lab.redis, 4, "0-0"), false);
  });
});
