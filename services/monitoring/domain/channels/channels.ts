import type { StoredDocument } from "#platform/documents/document.ts";
import type { DocumentCollection } from "#platform/documents/document-collection.ts";
import { invalidField } from "#platform/errors/common-error.ts";
import type { RefusedAddress } from "#platform/http-client/refused-address.ts";
import type { ChannelRecord, ChannelTarget } from "../../store/alerting/channel-record.ts";
import type { LiveDocuments } from "../alerting/live-documents.ts";
import { type Authorship, ManagedObjects, type ManagedRequest } from "../alerting/managed-objects.ts";
import { compileMatchers } from "../label-matcher.ts";
import { MonitoringError } from "../monitoring-error.ts";

/** What an operator states about a channel. */
export type ChannelSpec = Omit<ChannelRecord, keyof Authorship>;

/** A channel as it is kept. */
export type Channel = StoredDocument<ChannelRecord>;

/** A change of a channel. */
export interface ChannelChange extends ManagedRequest<ChannelSpec> {
  readonly expectedVersion: number;
  /** Whether a webhook stops signing. */
  readonly removeSigningSecret: boolean;
}

/** What channels need. */
export interface ChannelsOptions {
  readonly collection: DocumentCollection<ChannelRecord>;
  readonly live: LiveDocuments;
  /** Why an address may not be called; a name is looked up. */
  readonly refusedAddress: (url: string) => Promise<RefusedAddress | undefined>;
  readonly now: () => number;
}

const kind = {
  kind: "channel",
  limit: 100,
  notFound: (id: string) =>
    new MonitoringError("CHANNEL_NOT_FOUND", `there is no channel ${id}`, { metadata: { channel_id: id } }),
  exists: (id: string) =>
    new MonitoringError("CHANNEL_EXISTS", `there is a channel ${id} already`, {
      metadata: { channel_id: id },
    }),
};

/** The ways by which alerts reach people. */
export class Channels {
  readonly #objects: ManagedObjects<ChannelSpec, ChannelRecord>;
  readonly #refusedAddress: ChannelsOptions["refusedAddress"];

  constructor({ collection, live, refusedAddress, now }: ChannelsOptions) {
    this.#objects = new ManagedObjects(collection, live, kind, now);
    this.#refusedAddress = refusedAddress;
  }

  /** In order of ids. */
  all(): readonly Channel[] {
    return this.#objects.all();
  }

  get(channelId: string): Channel | undefined {
    return this.#objects.get(channelId);
  }

  /** @throws CHANNEL_NOT_FOUND. */
  require(channelId: string): Channel {
    return this.#objects.require(channelId);
  }

  /** One that something can be sent to. @throws CHANNEL_NOT_FOUND, CHANNEL_DISABLED. */
  requireEnabled(channelId: string): Channel {
    const channel = this.require(channelId);
    if (!channel.value.disabled) return channel;
    throw new MonitoringError("CHANNEL_DISABLED", `the channel ${channelId} is switched off`, {
      metadata: { channel_id: channelId },
    });
  }

  /** @throws CHANNEL_EXISTS, CHANNEL_URL_NOT_ALLOWED, MATCHER_INVALID, LIMIT_REACHED, REQUEST_INVALID. */
  async create(request: ManagedRequest<ChannelSpec>): Promise<Channel> {
    const { target } = request.spec;
    if (target.kind === "slack" && target.url === "")
      throw invalidField("spec.slack.url", "is needed for a new channel");
    await this.#check(request.spec);
    return this.#objects.create(request);
  }

  /** @throws CHANNEL_NOT_FOUND, VERSION_MISMATCH, CHANNEL_URL_NOT_ALLOWED, MATCHER_INVALID, REQUEST_INVALID. */
  async update(change: ChannelChange): Promise<Channel> {
    const { target } = change.spec;
    if (change.removeSigningSecret && target.kind === "webhook" && target.signingSecret !== "")
      throw invalidField("spec.webhook.remove_signing_secret", "contradicts a new secret");
    await this.#check(change.spec);
    return this.#objects.update(
      { ...change, alsoStated: change.removeSigningSecret },
      change.expectedVersion,
      (spec, present) => ({
        ...spec,
        target: keepSecrets(spec.target, present.target, change.removeSigningSecret),
      }),
    );
  }

  /** False if there was none. @throws VERSION_MISMATCH. */
  delete(channelId: string, expectedVersion: number): Promise<boolean> {
    return this.#objects.delete(channelId, expectedVersion);
  }

  async #check({ target, matchers }: ChannelSpec): Promise<void> {
    compileMatchers(matchers);
    if (target.kind === "log" || target.url === "") return;
    const refused = await this.#refusedAddress(target.url);
    if (refused === undefined) return;
    throw new MonitoringError("CHANNEL_URL_NOT_ALLOWED", refused.why, {
      metadata: { host: URL.parse(target.url)?.host ?? "" },
    });
  }
}

/** Secrets that an update leaves empty stay, as long as the kind of target does. */
function keepSecrets(stated: ChannelTarget, present: ChannelTarget, removeSecret: boolean): ChannelTarget {
  if (stated.kind === "webhook" && present.kind === "webhook" && stated.signingSecret === "" && !removeSecret)
    return { ...stated, signingSecret: present.signingSecret };
  if (stated.kind === "slack" && stated.url === "") {
    if (present.kind !== "slack") throw invalidField("spec.slack.url", "is needed when the kind changes");
    return { ...stated, url: present.url };
  }
  return stated;
}
