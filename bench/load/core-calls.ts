import { randomUUID } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { GetBalanceRequestSchema } from "#gen/billing/core/v1/balance_rpc_pb.ts";
import { ChargeBatchRequestSchema, ChargeRequestSchema } from "#gen/billing/core/v1/charge_rpc_pb.ts";
import {
  CommitRequestSchema,
  ReserveRequestSchema,
  ReserveResponseSchema,
} from "#gen/billing/core/v1/reservation_rpc_pb.ts";
import { counterPlace } from "./load-job.ts";

/** Digits of the counter that makes each idempotency key another one. */
export const counterDigits = 16;
/** Lines of a measured ChargeBatch. */
export const batchLines = 100;

/** A call of Core as it is measured. */
export interface CoreCall {
  /** As the table shows it. */
  readonly name: string;
  readonly method: string;
  /** What one call does that is counted, for example the lines of a batch. */
  readonly itemsPerCall: number;
  /** The call whose answers it needs; it can be made once for each. */
  readonly follows?: string;
  /** Requests in binary. Equal `round`s repeat each other; `answers` are those of the call before, in base64. */
  requests(accounts: readonly string[], round: string, answers: readonly string[]): Uint8Array[];
}

const runId = randomUUID().slice(0, 8);
const keyOf = (round: string): string => `${round}-${runId}-${counterPlace(counterDigits)}`;
const amountOf = (amount: string) => ({
  case: "amount" as const,
  value: { money: { currencyCode: "USD", amount } },
});
const usage = {
  case: "usage" as const,
  value: {
    usages: [{ priceId: "openai/gpt-4o", quantities: { input_tokens: "1200", output_tokens: "350" } }],
  },
};

const encodeCharge = (accountId: string, idempotencyKey: string) =>
  create(ChargeRequestSchema, { accountId, price: amountOf("0.0001"), idempotencyKey });

const encodeReserve = (accountId: string, price: typeof usage | ReturnType<typeof amountOf>, round: string) =>
  toBinary(
    ReserveRequestSchema,
    create(ReserveRequestSchema, { accountId, price, idempotencyKey: keyOf(round) }),
  );

/** The calls that are measured, in order. */
export const coreCalls: readonly CoreCall[] = [
  {
    name: "GetBalance",
    method: "GetBalance",
    itemsPerCall: 1,
    requests: (accounts) =>
      accounts.map((accountId) =>
        toBinary(GetBalanceRequestSchema, create(GetBalanceRequestSchema, { accountId })),
      ),
  },
  {
    name: "Charge",
    method: "Charge",
    itemsPerCall: 1,
    requests: (accounts, round) =>
      accounts.map((id) => toBinary(ChargeRequestSchema, encodeCharge(id, keyOf(round)))),
  },
  {
    name: "ChargeBatch, a line",
    method: "ChargeBatch",
    itemsPerCall: batchLines,
    requests: (accounts, round) => [
      toBinary(
        ChargeBatchRequestSchema,
        create(ChargeBatchRequestSchema, {
          charges: Array.from({ length: batchLines }, (_, line) =>
            encodeCharge(accounts[line % accounts.length]!, `${line}-${keyOf(round)}`),
          ),
        }),
      ),
    ],
  },
  {
    name: "Reserve",
    method: "Reserve",
    itemsPerCall: 1,
    requests: (accounts, round) => accounts.map((id) => encodeReserve(id, amountOf("0.001"), round)),
  },
  {
    name: "Commit",
    method: "Commit",
    itemsPerCall: 1,
    follows: "Reserve",
    requests: (_accounts, round, answers) =>
      answers.map((answer) => {
        const { reservation } = fromBinary(ReserveResponseSchema, Buffer.from(answer, "base64"));
        const reservationId = reservation?.reservationId ?? "";
        const request = { reservationId, price: amountOf("0.0005"), idempotencyKey: keyOf(round) };
        return toBinary(CommitRequestSchema, create(CommitRequestSchema, request));
      }),
  },
  {
    name: "Reserve by usage",
    method: "Reserve",
    itemsPerCall: 1,
    requests: (accounts, round) => accounts.map((id) => encodeReserve(id, usage, round)),
  },
];
