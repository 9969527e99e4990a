import { readSync } from "node:fs";
import { ADVICE_DAMAGED, ModelFileError } from "../modelFileError.ts";

const WINDOW_BYTES = 1 << 20;
/**
 * Longest header in bytes that is read: keys, values and tensor infos together. The largest vocabularies in use need
 * about 20 MB; the limit bounds the memory that a hostile file can cost.
 */
export const MAX_HEADER_BYTES = 256 << 20;

/**
 * Reads little-endian values from the start of a file, one after another, through a window of 1 MiB.
 *
 * Every read names the field it is for, so that running past the end gives an error that says which.
 */
export class HeaderCursor {
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #at = 0;

  readonly #fd: number;
  readonly #file: string;

  constructor(
    fd: number,
    file: string,
    /** Bytes in the file. */
    readonly size: number,
  ) {
    this.#fd = fd;
    this.#file = file;
  }

  /** Offset of the next byte. */
  get position(): number {
    return this.#at;
  }

  /** Bytes between here and the end of the file. */
  get remaining(): number {
    return this.size - this.#at;
  }

  #take(bytes: number, field: string): number {
    this.need(bytes, field);
    if (this.#at + bytes > this.#windowStart + this.#window.length) this.#fill(bytes, field);
    const offset = this.#at - this.#windowStart;
    this.#at += bytes;
    return offset;
  }

  /** Throws when fewer than `bytes` bytes are left. Cheap: nothing is read or allocated. */
  need(bytes: number, field: string): void {
    if (bytes > this.remaining) {
      throw new ModelFileError(
        this.#file,
        field,
        `needs ${bytes} bytes at offset ${this.#at}, but the file ends at ${this.size}`,
        ADVICE_DAMAGED,
      );
    }
    if (this.#at + bytes > MAX_HEADER_BYTES) {
      throw new ModelFileError(
        this.#file,
        field,
        `makes the header longer than ${MAX_HEADER_BYTES >> 20} MiB`,
        ADVICE_DAMAGED,
      );
    }
  }

  #fill(bytes: number, field: string): void {
    const wanted = Math.min(Math.max(bytes, WINDOW_BYTES), this.size - this.#at);
    const window = Buffer.allocUnsafe(wanted);
    let filled = 0;
    while (filled < wanted) {
      const got = readSync(this.#fd, window, filled, wanted - filled, this.#at + filled);
      if (got === 0) throw new ModelFileError(this.#file, field, "the file shrank while it was read", ADVICE_DAMAGED);
      filled += got;
    }
    this.#window = window;
    this.#windowStart = this.#at;
  }

  skip(bytes: number, field: string): void {
    this.need(bytes, field);
    this.#at += bytes;
  }

  u8(field: string): number {
    const offset = this.#take(1, field);
    return this.#window.readUInt8(offset);
  }
  i8(field: string): number {
    const offset = this.#take(1, field);
    return this.#window.readInt8(offset);
  }
  u16(field: string): number {
    const offset = this.#take(2, field);
    return this.#window.readUInt16LE(offset);
  }
  i16(field: string): number {
    const offset = this.#take(2, field);
    return this.#window.readInt16LE(offset);
  }
  u32(field: string): number {
    const offset = this.#take(4, field);
    return this.#window.readUInt32LE(offset);
  }
  i32(field: string): number {
    const offset = this.#take(4, field);
    return this.#window.readInt32LE(offset);
  }
  f32(field: string): number {
    const offset = this.#take(4, field);
    return this.#window.readFloatLE(offset);
  }
  f64(field: string): number {
    const offset = this.#take(8, field);
    return this.#window.readDoubleLE(offset);
  }
  u64(field: string): bigint {
    const offset = this.#take(8, field);
    return this.#window.readBigUInt64LE(offset);
  }
  i64(field: string): bigint {
    const offset = this.#take(8, field);
    return this.#window.readBigInt64LE(offset);
  }

  /** A u64 that counts bytes or elements: at most `limit`, which must be a safe integer. */
  count(limit: number, field: string): number {
    const value = this.u64(field);
    if (value > BigInt(limit)) {
      throw new ModelFileError(this.#file, field, `is ${value}, more than the possible ${limit}`, ADVICE_DAMAGED);
    }
    return Number(value);
  }

  /** The next `bytes` bytes: a view that the next read may overwrite. */
  bytes(bytes: number, field: string): Buffer {
    const offset = this.#take(bytes, field);
    return this.#window.subarray(offset, offset + bytes);
  }
}
