import { ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";

/** The reason with which a call is refused, and what it carries; fails if it is not. */
export async function refusalOf(call: Promise<unknown>) {
  let error: ConnectError;
  try {
    await call;
    throw new Error("the call was not refused");
  } catch (thrown) {
    error = ConnectError.from(thrown);
  }
  const info = error.findDetails(ErrorInfoSchema)[0];
  if (info === undefined) throw error;
  const fields = error.findDetails(BadRequestSchema)[0]?.fieldViolations.map(({ field }) => field) ?? [];
  return { reason: info.reason, metadata: info.metadata, fields, message: error.rawMessage };
}
