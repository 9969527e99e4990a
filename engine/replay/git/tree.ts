/** Reads files of commits through a single git process, which is fast for many successive commits. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Git } from "./commits.ts";

/** The paths of all regular files of a commit, with the hashes of their contents. */
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

/** Reads blobs through `git cat-file --batch`. */
export class BlobReader {
  readonly #process: ChildProcessWithoutNullStreams;
  /** The outstanding reads, in the order in which git answers. */
  readonly #waiting: ((text: string | undefined) => void)[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  /** How many bytes must have arrived before it is worth looking again. */
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

  /** The text of a blob; undefined for a missing one. */
  read(hash: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin.write(`${hash}\n`);
    });
  }

  close(): void {
    this.#process.stdin.end();
  }

  /**
   * Takes one complete answer: a line with type and size, the bytes, and a line feed. False when it is not complete.
   */
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
