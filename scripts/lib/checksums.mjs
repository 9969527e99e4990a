/** Checksums of the files that are published. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Writes SHA256SUMS for all files in a folder whose names have an ending, in the form that `sha256sum --check` reads.
 *
 * @param {string} folder @param {string} ending
 */
export function writeChecksums(folder, ending) {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  const digest = (/** @type {string} */ name) =>
    createHash("sha256")
      .update(readFileSync(path.join(folder, name)))
      .digest("hex");
  const lines = names.sort().map((name) => `${digest(name)}  ${name}\n`);
  writeFileSync(path.join(folder, "SHA256SUMS"), lines.join(""));
}
