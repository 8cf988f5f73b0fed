import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DescMethod, type JsonObject, toJson } from "@bufbuild/protobuf";
import { AdminService } from "#gen/billing/admin/v1/admin_service_pb.ts";
import { methodRule } from "#platform/access/method-rule.ts";
import { createRequestValidator } from "#platform/rpc/validation.ts";
import { peerServices } from "../../peers/service-operations.ts";
import { describeChange, isChange, readingOf } from "../../rpc/change-description.ts";
import { createRequestDecoders } from "../mapping/request-decoder.ts";
import { allRoutes } from "./all-routes.ts";
import { idempotencyField, pathFields } from "./route.ts";

/** Methods that programs call, which have no use over HTTP JSON, and streams for the dashboard. */
const methodsWithoutRoute = [
  ...["Charge", "ChargeBatch", "Reserve", "ExtendReservation", "Commit", "ReverseCredit", "RecordMetrics"],
  ...["CalculatePrices", "ConvertBatch", "CreateQuote", "GetQuote"],
  ...["WatchBalance", "WatchRates", "WatchMetrics", "WatchAlerts", "VerifyLedger"],
  // An operator searches accounts, and adjusts a balance, through Admin.
  ...["billing.core.v1.BillingCoreService/ListAccounts", "billing.core.v1.BillingCoreService/AdjustBalance"],
];

const nameOf = (method: DescMethod) => `${method.parent.typeName}/${method.name}`;

describe("the table of routes", () => {
  test("leads to every method, but for those that are named here", () => {
    const reached = new Set(allRoutes.map(({ rpc }) => nameOf(rpc)));
    const unreached = [AdminService, ...Object.values(peerServices)]
      .flatMap(({ methods }) => methods)
      .filter((method) => !reached.has(nameOf(method)));
    const unexpected = unreached.filter(
      (method) => !methodsWithoutRoute.includes(method.name) && !methodsWithoutRoute.includes(nameOf(method)),
    );
    assert.deepEqual(unexpected.map(nameOf), []);
    assert.equal(unreached.length, methodsWithoutRoute.length);
  });

  test("has each method and path once", () => {
    const addresses = allRoutes.map(({ httpMethod, path }) => `${httpMethod} ${path}`);
    assert.deepEqual(addresses, [...new Set(addresses)]);
  });

  test("names fields of the request in its paths", () => {
    for (const route of allRoutes) {
      const known = new Set(route.rpc.input.fields.map(({ jsonName }) => jsonName));
      for (const name of pathFields(route)) assert.ok(known.has(name), `${route.path}: ${name}`);
    }
  });

  test("changes nothing by GET", () => {
    for (const { httpMethod, path, rpc } of allRoutes)
      if (httpMethod === "GET" && rpc.methodKind === "unary") assert.equal(rpc.idempotency, 1, path);
  });

  test("leads to changes whose target can be read before, for the audit log", () => {
    const decoderOf = createRequestDecoders();
    const changes = allRoutes.filter(({ rpc }) => rpc.parent !== AdminService && isChange(rpc));
    assert.ok(changes.length > 30);
    for (const { rpc, example, path } of changes) {
      const request = toJson(rpc.input, decoderOf(rpc.input)(example), {
        useProtoFieldName: true,
      }) as JsonObject;
      const { targetType } = describeChange(request);
      assert.ok(["RefreshRates", "CreateSilence"].includes(rpc.name) || targetType !== "", path);
      assert.doesNotThrow(() => readingOf(rpc, methodRule(rpc).scope, targetType, request), path);
    }
  });

  test("has examples that the contract accepts", () => {
    const decoderOf = createRequestDecoders();
    const validate = createRequestValidator();
    for (const route of allRoutes) {
      const key = idempotencyField(route) === undefined ? {} : { idempotencyKey: "k-1" };
      const message = decoderOf(route.rpc.input)({ ...route.example, ...key });
      assert.doesNotThrow(() => validate(route.rpc.input, message), `${route.httpMethod} ${route.path}`);
      for (const name of pathFields(route)) assert.ok(name in route.example, `${route.path}: ${name}`);
    }
  });
});
