/** Reads zip archives as vsce writes them: no encryption, at most 4 GB. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const STORED = 0;

/** The files' contents by name, without folders. */
export function readZip(zip: Buffer): Map<string, Buffer> {
  let end = zip.length - 22;
  while (end >= 0 && zip.readUInt32LE(end) !== END) end--;
  assert.ok(end >= 0, "this is no zip archive");
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let count = zip.readUInt16LE(end + 10); count > 0; count--) {
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const name = zip.toString("utf8", at + 46, at + 46 + nameSize!);
    if (!name.endsWith("/")) files.set(name, content(zip, at));
    at += 46 + nameSize! + extraSize! + commentSize!;
  }
  return files;
}

/** @param entry offset of the file's entry in the central directory. */
function content(zip: Buffer, entry: number): Buffer {
  const local = zip.readUInt32LE(entry + 42);
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const bytes = zip.subarray(start, start + zip.readUInt32LE(entry + 20));
  return zip.readUInt16LE(entry + 10) === STORED ? bytes : inflateRawSync(bytes);
}

/** Installs an extension as VS Code does: everything under extension/ in the package. */
export function installVsix(files: Map<string, Buffer>, folder: string): void {
  for (const [name, bytes] of files) {
    if (!name.startsWith("extension/")) continue;
    const file = join(folder, name.slice("extension/".length));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
}
