/**
 * All files of a commit, read fast for many commits in turn: one git process, and each blob is asked for once.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Git } from "./commits.ts";

/** Paths of all regular files of a commit with the hashes of what they hold. */
export async function blobsAt(git: Git, commit: string): Promise<Map<string, string>> {
  const listing = await git(["ls-tree", "-r", "-z", "--full-tree", commit]);
  const blobs = new Map<string, string>();
  for (const entry of listing.split("\0")) {
    const match = /^100\d+ blob ([0-9a-f]+)\t(.*)$/s.exec(entry);
    if (match !== null) blobs.set(match[2]!, match[1]!);
  }
  return blobs;
}

const LINE_FEED = 10;

/** Reads blobs by `git cat-file --batch`. */
export class BlobReader {
  readonly #process: ChildProcessWithoutNullStreams;
  /** In the order in which git answers. */
  readonly #waiting: ((text: string | undefined) => void)[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes that must be there before it is worth looking again. */
  #needed = 1;

  constructor(repository: string) {
    this.#process = spawn("git", ["-C", repository, "cat-file", "--batch"]);
    this.#process.stdout.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      while (this.#length >= this.#needed && this.#takeOne());
    });
    this.#process.on("close", () => {
      for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    });
  }

  /** The text of a blob; undefined for one that is missing. */
  read(hash: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin.write(`${hash}\n`);
    });
  }

  close(): void {
    this.#process.stdin.end();
  }

  /** Takes one whole answer: a line with type and size, the bytes, a line feed; false where it is not whole yet. */
  #takeOne(): boolean {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    const headerEnd = bytes.indexOf(LINE_FEED);
    if (headerEnd === -1) {
      this.#needed = bytes.length + 1;
      return false;
    }
    const [, type, size] = bytes.subarray(0, headerEnd).toString("latin1").split(" ");
    const start = headerEnd + 1;
    const length = type === "missing" ? -1 : Number(size);
    const end = start + length + 1;
    if (bytes.length < end) {
      this.#needed = end;
      return false;
    }
    this.#chunks = [bytes.subarray(end)];
    this.#length = bytes.length - end;
    this.#needed = 1;
    this.#waiting.shift()?.(type === "blob" ? bytes.subarray(start, end - 1).toString("utf8") : undefined);
    return true;
  }
}
