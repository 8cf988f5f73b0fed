import { DocumentUnreadable, type StoredDocument } from "#platform/documents/document.ts";
import type { DocumentCollection } from "#platform/documents/document-collection.ts";
import type { ChannelRecord, StoredTarget } from "../../store/alerting/channel-record.ts";
import { withoutSecrets } from "./channel-seal.ts";

type Collection = DocumentCollection<ChannelRecord>;
type Version = StoredDocument<ChannelRecord>;

const versionsAtOnce = 1_000;

/**
 * Takes the secrets out of the version that a channel's last change replaced, and out of a channel that was deleted:
 * nothing is sent by them any more.
 */
export async function forgetReplacedSecrets(collection: Collection, channelId: string): Promise<void> {
  const latest = await collection.get(channelId);
  if (latest !== undefined) await forgetEarlier(collection, latest, latest.version - 1);
}

/** The same for all earlier versions of all channels, as left by earlier releases or by a stop between two writes. */
export async function forgetAllEarlierSecrets(collection: Collection): Promise<void> {
  const { documents } = await collection.readAll({ includeArchived: true });
  for (const latest of documents) await forgetEarlier(collection, latest, 1);
}

/** Goes down to the version `oldest`. */
async function forgetEarlier(collection: Collection, latest: Version, oldest: number): Promise<void> {
  if (latest.archived) await forget(collection, latest);
  let before = latest.version;
  let most = versionsAtOnce;
  while (before > oldest) {
    try {
      const page = await collection.history(latest.id, Math.min(most, before - oldest), before);
      for (const version of page) await forget(collection, version);
      before = page.at(-1)?.version ?? 0;
      most = versionsAtOnce;
    } catch (error) {
      if (!(error instanceof DocumentUnreadable)) throw error;
      // Another release wrote this one: first those above it, then on below it.
      most = before - error.version - 1;
      if (most === 0) {
        before = error.version;
        most = versionsAtOnce;
      }
    }
  }
}

async function forget(collection: Collection, { id, version, value }: Version): Promise<void> {
  const target = shownOf(value.target);
  if (JSON.stringify(target) !== JSON.stringify(value.target))
    await collection.redact(id, version, { ...value, target });
}

function shownOf(target: StoredTarget): StoredTarget {
  return target.kind === "sealed" ? target.shown : withoutSecrets(target);
}
