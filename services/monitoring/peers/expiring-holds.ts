import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { BillingCoreService } from "#gen/billing/core/v1/billing_core_service_pb.ts";
import { ReservationState } from "#gen/billing/core/v1/reservation_pb.ts";
import type { ServiceClient } from "#platform/client/service-client.ts";

const soonMs = 60_000;
const holdsPerPage = 1_000;
const mostPages = 10;

/** Open holds that end within the next minute, of which at most 10,000 are counted. @throws PEER_UNAVAILABLE. */
export async function countExpiringHolds(
  core: Pick<ServiceClient<typeof BillingCoreService>, "listReservations">,
  nowMs: number,
): Promise<number> {
  const state = ReservationState.HELD;
  const expiresBefore = timestampFromMs(nowMs + soonMs);
  let count = 0;
  let pageToken = "";
  for (let page = 0; page < mostPages; page++) {
    const request = { state, expiresBefore, pageSize: holdsPerPage, pageToken };
    const { reservations, nextPageToken } = await core.listReservations(request);
    count += reservations.length;
    if (nextPageToken === "") break;
    pageToken = nextPageToken;
  }
  return count;
}
