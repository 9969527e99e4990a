/** Reads a file back from the disk and compares its checksum. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { Digest } from "./statement.ts";

const CHUNK_BYTES = 4 << 20;

/**
 * @returns the file's SHA-256 when the digest is right, else undefined
 * @throws the signal's reason, or the system's error when the file cannot be read
 */
export async function verified(
  path: string,
  digest: Digest,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string | undefined> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const sha256 = createHash("sha256");
    const git = digest.algorithm === "git-sha1" ? createHash("sha1").update(`blob ${size}\0`) : undefined;
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let done = 0;
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, done);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      sha256.update(chunk);
      git?.update(chunk);
      done += bytesRead;
      onBytes(done);
    }
    const hex = sha256.digest("hex");
    return (git?.digest("hex") ?? hex) === digest.hex ? hex : undefined;
  } finally {
    await file.close();
  }
}
