import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AlertState } from "#gen/billing/monitoring/v1/alert_pb.ts";
import { eventually } from "#platform/testing/eventually.ts";
import { refusalOf } from "#platform/testing/refusal.ts";
import { alerting, alertsOf, clock, createRule, inState, minuteMs, told } from "../alerting-with-figures.ts";

describe("what mutes alerts", () => {
  test("a silence that is too broad, over, or too long is refused; a preview makes nothing", async () => {
    const endTime = timestampFromMs(clock.nowMs() + minuteMs);
    const ask = (over: object) =>
      alerting.client.createSilence({
        idempotencyKey: "refused",
        matchers: [{ label: "alertname", value: "Nothing" }],
        endTime,
        comment: "A test",
        ...over,
      });
    assert.equal(
      (await refusalOf(ask({ matchers: [{ label: "a", value: "" }] }))).reason,
      "SILENCE_TOO_BROAD",
    );
    assert.equal(
      (await refusalOf(ask({ endTime: timestampFromMs(clock.nowMs() - 1) }))).reason,
      "SILENCE_ENDED",
    );
    const far = timestampFromMs(clock.nowMs() + 91 * 24 * 60 * minuteMs);
    assert.deepEqual((await refusalOf(ask({ endTime: far }))).fields, ["end_time"]);
    const { silence } = await ask({ previewOnly: true });
    assert.equal(silence?.silenceId, "");
    const { silences } = await alerting.client.listSilences({});
    assert.ok(silences.every(({ comment }) => comment !== "A test"));
    assert.equal(
      (await refusalOf(alerting.client.expireSilence({ silenceId: "none" }))).reason,
      "SILENCE_NOT_FOUND",
    );
  });

  test("an inhibition mutes targets with the same labels while its source fires", async () => {
    const source = await createRule();
    const target = await createRule({ groupWait: 2n });
    await alerting.client.createInhibition({
      inhibitionId: source.ruleId,
      sourceMatchers: [{ label: "alertname", value: source.alertName }],
      targetMatchers: [{ label: "alertname", value: target.alertName }],
      equalLabels: ["currency"],
    });
    source.set({ EUR: "12" });
    await source.create();
    const { alertId } = await inState(source.ruleId, AlertState.FIRING);
    target.set({ EUR: "12", USD: "12" });
    await target.create();
    await eventually(async () => {
      const alerts = await alertsOf(target.ruleId);
      const inhibited = alerts.map(({ labels, inhibitedByAlertIds }) => [
        labels.currency,
        ...inhibitedByAlertIds,
      ]);
      assert.deepEqual(inhibited.sort(), [["EUR", alertId], ["USD"]]);
    });
    await eventually(() => assert.equal(told(target.ruleId).length, 1));
    assert.deepEqual(
      told(target.ruleId)[0].alerts.map((alert: { labels: object }) => alert.labels),
      [{ alertname: target.alertName, currency: "USD", severity: "warning" }],
    );
    const remove = () => alerting.client.deleteInhibition({ inhibitionId: source.ruleId });
    assert.deepEqual([(await remove()).deleted, (await remove()).deleted], [true, false]);
  });
});
