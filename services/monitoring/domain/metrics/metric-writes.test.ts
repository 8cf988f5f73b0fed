import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { redis } from "#platform/testing/shared-redis.ts";
import { SeriesStore } from "../../store/series-store.ts";
import { commitShard, readShardVersion } from "../../store/shard-commit.ts";
import { recordedShard, seriesKey, shardKey } from "../../store/shard-keys.ts";
import { countFigure } from "./figure.ts";
import { encodeLabels } from "./metric-definition.ts";
import { Recorder } from "./recorder.ts";
import { pointsPerChunk } from "./resolution.ts";
import { ShardConflict, ShardWriter } from "./shard-writer.ts";
import { createLab, minuteMs, red } from "./testing/metric-lab.ts";

describe("a write to a shard", () => {
  test("is refused as a whole when another wrote meanwhile", async () => {
    const lab = createLab("counter");
    const [first, second] = [new ShardWriter(redis, "race"), new ShardWriter(redis, "race")];
    await first.open();
    await second.open();
    const at = lab.clock.nowMs();
    await first.write([lab.change(red, at, countFigure(1))], []);
    await assert.rejects(second.write([lab.change(red, at, countFigure(1))], []), ShardConflict);
    await second.open();
    await second.write([lab.change(red, at, countFigure(1))], []);
    await assert.rejects(first.write([lab.change(red, at, countFigure(1))], []), ShardConflict);
    await first.open();
    await first.write([lab.change(red, at, countFigure(1))], []);
    const store = new SeriesStore(redis, pointsPerChunk);
    const series = await store.listSeries(lab.definition.name, ["race"]);
    const number = at / minuteMs;
    const [points] = await store.readPoints(lab.definition.name, series, undefined, "m", number, number);
    assert.equal(points!.get(number), "3");
  });

  test("changes nothing if a key has a wrong type", async () => {
    const [good, bad] = [shardKey("types", "good"), shardKey("types", "bad")];
    await redis.command(bad, ["SET", bad, "text"]);
    await assert.rejects(
      commitShard(redis, "types", "0", "1", [
        { command: "HSET", key: good, args: ["field", "value"] },
        { command: "HSET", key: bad, args: ["field", "value"] },
      ]),
      /WRONGTYPE/,
    );
    assert.equal(await redis.command(good, ["EXISTS", good]), 0);
    assert.equal(await readShardVersion(redis, "types"), "0");
  });
});

describe("a recorder", () => {
  test("counts a repeated request once, also when several record at the same time", async () => {
    const lab = createLab("counter");
    const at = lab.clock.nowMs();
    const recorders = [new Recorder(redis), new Recorder(redis)];
    const instanceId = randomUUID();
    const outcomes = await Promise.all(
      recorders.flatMap((recorder) =>
        Array.from({ length: 20 }, (_, number) =>
          recorder.record({
            origin: { service: "core", instanceId: `${instanceId}-${number}`, sequence: 1n },
            writes: [],
            changes: [lab.change(red, at, countFigure(1))],
          }),
        ),
      ),
    );
    assert.equal(outcomes.filter(({ duplicate }) => duplicate).length, 20);
    const [values] = await lab.reader.evaluate(lab.ask({ function: "sum" }), [at]);
    assert.deepEqual(values, [{ labels: {}, value: countFigure(20) }]);
  });

  test("leaves out samples of series beyond 2,000 of a metric, tells of them, and counts the rest", async () => {
    const lab = createLab("counter");
    const at = lab.clock.nowMs();
    const heard = new Map<string, number>();
    const recorder = new Recorder(redis, (metric, count) => heard.set(metric, count));
    const place = (number: number) => ({ ...red, place: `place-${number}` });
    const record = (numbers: readonly number[]) =>
      recorder.record({
        origin: undefined,
        writes: [],
        changes: numbers.map((number) => lab.change(place(number), at, countFigure(1))),
      });
    const key = seriesKey(recordedShard, lab.definition.name);
    const known = Array.from({ length: 1_998 }, (_, number) => encodeLabels(lab.definition, place(number)));
    await redis.command(key, ["SADD", key, ...known]);
    assert.deepEqual(await record([0, 1_998, 1_999]), { duplicate: false, droppedCount: 0 });
    const [more, other] = await Promise.all([record([0, 2_000, 2_000, 2_001]), record([1])]);
    assert.deepEqual([more.droppedCount, other.droppedCount], [3, 0]);
    assert.deepEqual([...heard], [[lab.definition.name, 3]]);
    const [values] = await lab.reader.evaluate(lab.ask({ function: "sum" }), [at]);
    assert.deepEqual(values, [{ labels: {}, value: countFigure(5) }]);
  });
});
