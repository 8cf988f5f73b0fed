import { create } from "@bufbuild/protobuf";
import { type Actor as ActorMessage, ActorSchema, ActorType } from "#gen/billing/admin/v1/actor_pb.ts";
import type { Actor } from "../domain/access/actor.ts";

const types: Readonly<Record<Actor["type"], ActorType>> = {
  admin_key: ActorType.ADMIN_KEY,
  token: ActorType.TOKEN,
  service: ActorType.SERVICE,
  stripe: ActorType.STRIPE,
  system: ActorType.SYSTEM,
};

/** Who did something, as the contract has it. */
export function toActorMessage({ type, ...actor }: Actor): ActorMessage {
  return create(ActorSchema, { ...actor, type: types[type] });
}
