import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
/** All pictures, to look at; those of the documentation are written when WRITE_SCREENSHOTS is set. */
export const pictures: string = join(root, ".data/screenshots");
export const documentation: string = join(root, "docs/screenshots");

/** Makes the folders where there are none. */
export async function preparePictureFolders(): Promise<void> {
  for (const folder of [pictures, documentation]) await mkdir(folder, { recursive: true });
}
