import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DescMessage, fromJson, type JsonObject, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { SearchAccountsRequestSchema } from "#gen/billing/admin/v1/account_rpc_pb.ts";
import { ListPaymentsRequestSchema } from "#gen/billing/admin/v1/payment_rpc_pb.ts";
import { IssueTokenRequestSchema, RevokeTokenRequestSchema } from "#gen/billing/admin/v1/token_rpc_pb.ts";
import {
  CreateAccountRequestSchema,
  UpdateAccountRequestSchema,
} from "#gen/billing/core/v1/account_rpc_pb.ts";
import { GetBalanceRequestSchema } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { CalculatePriceRequestSchema } from "#gen/billing/pricing/v1/calculation_rpc_pb.ts";
import { SyncPriceSourceRequestSchema } from "#gen/billing/pricing/v1/price_source_rpc_pb.ts";
import { ServiceError } from "#platform/errors/service-error.ts";
import { queryJson } from "./query-json.ts";
import { createRequestDecoders } from "./request-decoder.ts";

const decoderOf = createRequestDecoders();

describe("a query", () => {
  const cases: ReadonlyArray<[name: string, schema: DescMessage, query: string, json: JsonObject]> = [
    [
      "of text and numbers",
      SearchAccountsRequestSchema,
      "text=a%20b&pageSize=20",
      { text: "a b", pageSize: 20 },
    ],
    ["with names of the contract", SearchAccountsRequestSchema, "page_size=20", { pageSize: 20 }],
    ["with true and false", ListPaymentsRequestSchema, "unappliedOnly=true", { unappliedOnly: true }],
    [
      "with a list of one",
      ListPaymentsRequestSchema,
      "states=PAYMENT_STATE_OPEN",
      { states: ["PAYMENT_STATE_OPEN"] },
    ],
    [
      "with a list of two",
      GetBalanceRequestSchema,
      "displayCurrencies=EUR&displayCurrencies=CHF",
      {
        displayCurrencies: ["EUR", "CHF"],
      },
    ],
    [
      "with a message",
      SearchAccountsRequestSchema,
      "spendableAtMost.amount=5&spendableAtMost.currencyCode=USD",
      { spendableAtMost: { amount: "5", currencyCode: "USD" } },
    ],
    [
      "with a map",
      SearchAccountsRequestSchema,
      "labels.tier=gold&labels.a.b=c",
      {
        labels: { tier: "gold", "a.b": "c" },
      },
    ],
    [
      "with what fits nothing",
      SearchAccountsRequestSchema,
      "nothing=1&pageSize=many",
      {
        nothing: "1",
        pageSize: "many",
      },
    ],
  ];
  for (const [name, schema, query, json] of cases) {
    test(`${name} is read`, () => {
      const parameters: Record<string, string | string[]> = {};
      for (const key of new Set(new URLSearchParams(query).keys())) {
        const values = new URLSearchParams(query).getAll(key);
        parameters[key] = values.length > 1 ? values : (values[0] ?? "");
      }
      assert.deepEqual(queryJson(schema, parameters), json);
    });
  }
});

describe("a request that is not of its shape", () => {
  const cases: ReadonlyArray<
    [name: string, schema: DescMessage, json: JsonObject, field: string, words: RegExp]
  > = [
    ["a field that is not known", GetBalanceRequestSchema, { accountID: "a" }, "accountID", /is not a field/],
    [
      "a number for an amount",
      UpdateAccountRequestSchema,
      { creditLimit: { amount: 5 } },
      "creditLimit.amount",
      /text/,
    ],
    [
      "a fault in a list",
      CreateAccountRequestSchema,
      { lowBalanceThresholds: [{}, { amount: 1 }] },
      "lowBalanceThresholds[1].amount",
      /text/,
    ],
    ["a text for a list", GetBalanceRequestSchema, { displayCurrencies: "EUR" }, "displayCurrencies", /list/],
    ["a text for a map", CreateAccountRequestSchema, { labels: "x" }, "labels", /object/],
    ["a number in a map", CreateAccountRequestSchema, { labels: { tier: 1 } }, "labels.tier", /text/],
    ["a time that is none", GetBalanceRequestSchema, { asOf: "yesterday" }, "asOf", /time/],
    ["a duration that is none", IssueTokenRequestSchema, { ttl: "1h" }, "ttl", /seconds/],
    ["a value of no enum", SearchAccountsRequestSchema, { state: "OPEN" }, "state", /ACCOUNT_STATE_ACTIVE/],
    ["a count below 0", SearchAccountsRequestSchema, { pageSize: -1 }, "pageSize", />= 0/],
    ["a count with a fraction", SearchAccountsRequestSchema, { pageSize: 1.5 }, "pageSize", /whole number/],
    [
      "a number that JSON cannot carry",
      UpdateAccountRequestSchema,
      { configVersion: 2 ** 60 },
      "configVersion",
      /9007199254740991/,
    ],
    [
      "a number beyond 64 bits",
      UpdateAccountRequestSchema,
      { configVersion: "18446744073709551616" },
      "configVersion",
      /0 to 18446744073709551615/,
    ],
    ["bytes that are no Base64", SyncPriceSourceRequestSchema, { content: "%%" }, "content", /Base64/],
    ["null", GetBalanceRequestSchema, { accountId: null }, "accountId", /text/],
    [
      "two of a choice",
      CalculatePriceRequestSchema,
      { priceBook: "a", priceVersion: "b" },
      "selector",
      /multiple|set/,
    ],
    ["both targets", RevokeTokenRequestSchema, { tokenId: "a", token: "b" }, "target", /set/],
  ];
  for (const [name, schema, json, field, words] of cases) {
    test(`${name} is refused by name`, () => {
      assert.throws(
        () => decoderOf(schema)(json),
        (error: ServiceError) => {
          assert.equal(error.reason, "REQUEST_INVALID");
          assert.equal(error.fields[0]?.field, field);
          assert.match(error.fields[0]?.description ?? "", words);
          assert.ok(error.message.startsWith(`${field}: `), error.message);
          return true;
        },
      );
    });
  }

  test("tells several faults at once, and not more than 20", () => {
    const json = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`unknown${index}`, 1]));
    assert.throws(
      () => decoderOf(GetBalanceRequestSchema)(json),
      ({ fields }: ServiceError) => fields.length === 20,
    );
  });
});

test("what the standard mapping writes, the decoder reads as the same", () => {
  const labels = fc.dictionary(fc.stringMatching(/^[A-Za-z0-9_.-]{1,8}$/), fc.string());
  fc.assert(
    fc.property(labels, fc.bigInt(0n, 2n ** 64n - 1n), fc.string(), (setLabels, configVersion, priceBook) => {
      const json = { accountId: "a", configVersion: String(configVersion), setLabels, priceBook };
      const read = decoderOf(UpdateAccountRequestSchema)(json);
      assert.deepEqual(
        toJson(UpdateAccountRequestSchema, read as never),
        toJson(UpdateAccountRequestSchema, fromJson(UpdateAccountRequestSchema, json)),
      );
    }),
  );
});

test("a refusal is a ServiceError", () => {
  assert.throws(() => decoderOf(GetBalanceRequestSchema)({ x: 1 }), ServiceError);
});
