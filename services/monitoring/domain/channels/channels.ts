import type { StoredDocument } from "#platform/documents/document.ts";
import type { DocumentCollection } from "#platform/documents/document-collection.ts";
import { CommonError, invalidField } from "#platform/errors/common-error.ts";
import type { RefusedAddress } from "#platform/http-client/refused-address.ts";
import type { ChannelRecord, ChannelTarget } from "../../store/alerting/channel-record.ts";
import type { LiveDocuments } from "../alerting/live-documents.ts";
import { type Authorship, ManagedObjects, type ManagedRequest } from "../alerting/managed-objects.ts";
import { compileMatchers } from "../label-matcher.ts";
import { MonitoringError } from "../monitoring-error.ts";
import { type ChannelSeal, TargetSealed } from "./channel-seal.ts";
import { forgetReplacedSecrets } from "./earlier-secrets.ts";

type StoredSpec = Omit<ChannelRecord, keyof Authorship>;

/** What an operator states about a channel. */
export type ChannelSpec = Omit<StoredSpec, "target"> & { readonly target: ChannelTarget };

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
  readonly seal: ChannelSeal;
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
  readonly #objects: ManagedObjects<StoredSpec, ChannelRecord>;
  readonly #collection: ChannelsOptions["collection"];
  readonly #live: LiveDocuments;
  readonly #seal: ChannelSeal;
  readonly #refusedAddress: ChannelsOptions["refusedAddress"];

  constructor({ collection, live, seal, refusedAddress, now }: ChannelsOptions) {
    this.#objects = new ManagedObjects(collection, live, kind, now);
    this.#collection = collection;
    this.#live = live;
    this.#seal = seal;
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
    return this.#objects.create(this.#sealed(request));
  }

  /** @throws CHANNEL_NOT_FOUND, VERSION_MISMATCH, CHANNEL_URL_NOT_ALLOWED, MATCHER_INVALID, REQUEST_INVALID. */
  async update(change: ChannelChange): Promise<Channel> {
    const { target } = change.spec;
    if (change.removeSigningSecret && target.kind === "webhook" && target.signingSecret !== "")
      throw invalidField("spec.webhook.remove_signing_secret", "contradicts a new secret");
    await this.#check(change.spec);
    const channel = await this.#objects.update(
      { ...this.#sealed(change), alsoStated: change.removeSigningSecret },
      change.expectedVersion,
      (spec, present) => {
        const opened = () => this.#openPresent(change.id, present);
        const target = keepSecrets(change.spec.target, opened, change.removeSigningSecret);
        return { ...spec, target: this.#seal.seal(change.id, target) };
      },
    );
    await forgetReplacedSecrets(this.#collection, change.id);
    return channel;
  }

  /** False if there was none. @throws VERSION_MISMATCH. */
  async delete(channelId: string, expectedVersion: number): Promise<boolean> {
    const wasThere = await this.#objects.delete(channelId, expectedVersion);
    await forgetReplacedSecrets(this.#collection, channelId);
    return wasThere;
  }

  /** Where a channel's notifications go, with the secrets that it takes. @throws TargetSealed. */
  targetOf({ id, value }: Channel): ChannelTarget {
    return this.#seal.open(id, value.target);
  }

  /**
   * Seals secrets with the current key that are in clear or sealed with an earlier one, so that the earlier one can
   * go. Several instances may do so at once.
   *
   * @param onSealed told of channels whose secrets cannot be read; they stay as they are.
   */
  async sealAnew(onSealed: (error: TargetSealed) => void): Promise<void> {
    for (const channel of this.all().filter(({ value }) => this.#seal.isOutdated(value.target))) {
      try {
        const target = this.#seal.seal(channel.id, this.targetOf(channel));
        const record = { ...channel.value, target };
        this.#live.takeOver(
          this.#collection,
          await this.#collection.put(channel.id, record, channel.version),
        );
      } catch (error) {
        if (error instanceof TargetSealed) onSealed(error);
        // Another writer came first, and sealed it.
        else if (!(error instanceof CommonError && error.reason === "VERSION_MISMATCH")) throw error;
      }
    }
  }

  /** Secrets are sealed before anything is kept of a request, its digest included. */
  #sealed({ id, spec, actor }: ManagedRequest<ChannelSpec>): ManagedRequest<StoredSpec> {
    return { id, actor, spec: { ...spec, target: this.#seal.seal(id, spec.target) } };
  }

  #openPresent(channelId: string, { target }: ChannelRecord): ChannelTarget {
    try {
      return this.#seal.open(channelId, target);
    } catch (error) {
      if (!(error instanceof TargetSealed)) throw error;
      const field = target.kind === "sealed" && target.shown.kind === "slack" ? "url" : "signing_secret";
      throw invalidField(
        `spec.${field === "url" ? "slack" : "webhook"}.${field}`,
        `is needed: ${error.message}`,
      );
    }
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
function keepSecrets(
  stated: ChannelTarget,
  openPresent: () => ChannelTarget,
  removeSecret: boolean,
): ChannelTarget {
  if (stated.kind === "webhook" && stated.signingSecret === "" && !removeSecret) {
    const present = openPresent();
    return present.kind === "webhook" ? { ...stated, signingSecret: present.signingSecret } : stated;
  }
  if (stated.kind === "slack" && stated.url === "") {
    const present = openPresent();
    if (present.kind !== "slack") throw invalidField("spec.slack.url", "is needed when the kind changes");
    return { ...stated, url: present.url };
  }
  return stated;
}
