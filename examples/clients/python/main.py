"""Holds money for a call to a model, and settles what it really cost: python main.py acme"""

import os
import sys
import uuid

import grpc
from billing.core.v1 import billing_core_service_pb2_grpc, charge_rpc_pb2, reservation_rpc_pb2
from billing.type.v1 import usage_pb2

account_id = sys.argv[1]
metadata = [("authorization", f"Bearer {os.environ['HOLDFAST_TOKEN']}")]


def usage(input_tokens: str, output_tokens: str):
    quantities = {"input_tokens": input_tokens, "output_tokens": output_tokens}
    return charge_rpc_pb2.UsageList(
        usages=[usage_pb2.Usage(price_id="openai/gpt-4o", quantities=quantities)]
    )


with grpc.insecure_channel(os.environ.get("CORE_ADDRESS", "127.0.0.1:50052")) as channel:
    core = billing_core_service_pb2_grpc.BillingCoreServiceStub(channel)
    try:
        held = core.Reserve(
            reservation_rpc_pb2.ReserveRequest(
                account_id=account_id,
                idempotency_key=str(uuid.uuid4()),
                usage=usage("1200", "1000"),
            ),
            metadata=metadata,
            timeout=10,
        )
    except grpc.RpcError as error:
        sys.exit(f"not to be made: {error.details()}")
    print("held   ", held.reservation.reserved.amount, held.reservation.reserved.currency_code)

    # … the expensive call. A lost reply is safe to repeat: with the same key it is booked once.
    settled = core.Commit(
        reservation_rpc_pb2.CommitRequest(
            reservation_id=held.reservation.reservation_id,
            idempotency_key=str(uuid.uuid4()),
            usage=usage("1187", "342"),
        ),
        metadata=metadata,
        timeout=10,
    )
    print("charged", settled.reservation.captured.amount)
    print("left   ", settled.balance.available.amount)
