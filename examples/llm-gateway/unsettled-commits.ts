import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { type CommitRequest, CommitRequestSchema } from "../../client/messages/core.ts";
import { type Holdfast, HoldfastError } from "../../client/node.ts";

/**
 * Commits that did not get through, one a line in a file, so that they outlive the process. Sent again, each is
 * booked once: it has its idempotency key, and a late one is accepted.
 */
export class UnsettledCommits {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Notes a commit; one that will never succeed is for people to look at and only logged. */
  note(request: CommitRequest, error: HoldfastError): void {
    const line = toJsonString(CommitRequestSchema, request);
    process.stderr.write(`not settled (${error.reason}): ${line}\n`);
    if (error.retryable) appendFileSync(this.#path, `${line}\n`, { flush: true });
  }

  /** Sends them again and keeps those that still don't get through. */
  async settle(core: Holdfast["core"]): Promise<void> {
    if (!existsSync(this.#path)) return;
    const lines = readFileSync(this.#path, "utf8").split("\n").filter(Boolean);
    const settled = new Set<string>();
    for (const line of lines) {
      try {
        await core.commit(fromJsonString(CommitRequestSchema, line));
        settled.add(line);
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error;
        if (error.retryable) break;
        process.stderr.write(`given up (${error.reason}): ${line}\n`);
        settled.add(line);
      }
    }
    if (settled.size === 0) return;
    // Read again: others may have been noted meanwhile.
    const left = readFileSync(this.#path, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !settled.has(line));
    writeFileSync(`${this.#path}.new`, left.map((line) => `${line}\n`).join(""), { flush: true });
    renameSync(`${this.#path}.new`, this.#path);
  }
}
