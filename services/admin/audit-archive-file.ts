import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { createInterface } from "node:readline";

/**
 * Writes lines into a new file that only its owner can read, so that they last, and gives the file's SHA-256.
 *
 * @throws Error if there is such a file already; nothing is left of a file that could not be written whole.
 */
export async function writeArchiveFile(path: string, lines: AsyncIterable<string>): Promise<string> {
  const digest = createHash("sha256");
  const file = await open(path, "wx", 0o600);
  try {
    for await (const line of lines) {
      digest.update(line);
      await file.write(line);
    }
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return digest.digest("hex");
}

/** The lines of a file. */
export function readArchiveFile(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}
