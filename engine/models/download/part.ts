/** The partial file of a download, and the disk errors that can happen while it is written. */
import { constants, type FileHandle, open } from "node:fs/promises";
import { DownloadError } from "./downloadErrors.ts";

/** The operations that a transfer needs from an open file. */
export type PartHandle = Pick<FileHandle, "write" | "truncate" | "sync" | "close" | "stat">;
export type OpenPart = (path: string) => Promise<PartHandle>;

export const openPart: OpenPart = (path) => open(path, constants.O_RDWR | constants.O_CREAT, 0o644);

/** Appends and truncates; every disk error becomes a DownloadError. */
export class Part {
  readonly #handle: PartHandle;
  readonly #path: string;
  #length: number;
  readonly #total: number;

  private constructor(handle: PartHandle, path: string, length: number, total: number) {
    this.#handle = handle;
    this.#path = path;
    this.#length = length;
    this.#total = total;
  }

  /** @param total final size in bytes; an existing file that is longer is cut to it */
  static async open(path: string, total: number, openFile: OpenPart): Promise<Part> {
    try {
      const handle = await openFile(path);
      const { size } = await handle.stat();
      const part = new Part(handle, path, size, total);
      if (size > total) await part.clear();
      return part;
    } catch (error) {
      throw diskError(error, path, total);
    }
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, this.#length + done)).bytesWritten;
      }
    });
    this.#length += bytes.length;
  }

  async clear(): Promise<void> {
    await this.#guard(() => this.#handle.truncate(0));
    this.#length = 0;
  }

  /** @throws DownloadError when the bytes did not reach the disk */
  async flush(): Promise<void> {
    await this.#guard(() => this.#handle.sync());
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw diskError(error, this.#path, this.#total - this.#length);
    }
  }
}

/** @param missing number of bytes still to be written */
export function diskError(error: unknown, path: string, missing: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  if (code === "ENOSPC" || code === "EDQUOT") return noSpace(path, missing);
  return new DownloadError("storage", `${path} cannot be written (${code}): check the folder and its permissions.`);
}

export function noSpace(path: string, missing: number): DownloadError {
  const gigabytes = (missing / 1e9).toFixed(2);
  return new DownloadError(
    "no-space",
    `The disk is full: ${gigabytes} GB more are needed for ${path}. Free some space, then resume; what was downloaded ` +
      "is kept.",
  );
}
