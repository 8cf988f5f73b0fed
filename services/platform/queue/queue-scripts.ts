import { createScript, readLua, type ScriptKind } from "../redis/script.ts";

const read = (name: string) => readLua(import.meta.url, `./scripts/${name}.lua`);

const layout = read("layout");

/** The part that other scripts take in; see `EmbeddedEnqueue`. */
export const embeddedLua = `${layout}\n${read("enqueueing")}`;

const script = (kind: ScriptKind, name: string) => createScript(kind, layout, read(name));

/** A full memory refuses new messages, and nothing else. */
export const queueScripts = {
  enqueue: createScript("write", embeddedLua, read("enqueue")),
  claim: script("write-always", "claim"),
  complete: script("write-always", "complete"),
  fail: script("write-always", "fail"),
  listDead: script("read", "list-dead"),
  redeliver: script("write-always", "redeliver"),
  stats: script("read", "stats"),
} as const;
