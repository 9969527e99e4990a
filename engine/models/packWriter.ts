/** Writes a pack (packFormat.ts) section by section, then its header, then moves it into place. */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { freeBytes } from "../machine/freeSpace.ts";
import type { LayoutName } from "../native.ts";
import { StorageError } from "./modelFileError.ts";
import {
  ENTRY,
  HEADER,
  HEADER_BYTES,
  PACK_MAGIC,
  PACK_VERSION,
  SECTION_ALIGNMENT,
  SECTION_ENTRY_BYTES,
  WeightLayout,
} from "./packFormat.ts";
import type { SectionShape } from "./packLayout.ts";
import type { SourceConfig } from "./source.ts";

interface PlacedSection extends SectionShape {
  offset: number;
  crc: number;
  /** Bytes of it so far. */
  written: number;
}

const TEMPORARY_SUFFIX = ".sterna-tmp";

/** Name for a file that becomes `target` once it is complete; no two calls give the same. */
export function temporaryName(target: string): string {
  return `${target}.${process.pid}-${randomBytes(6).toString("hex")}${TEMPORARY_SUFFIX}`;
}

/** True for names made by {@link temporaryName}. */
export function isTemporaryName(name: string): boolean {
  return name.endsWith(TEMPORARY_SUFFIX);
}

/** Process id of who made such a name, on whatever machine that was. */
export function writerOf(name: string): number {
  return Number(/\.(\d+)-[0-9a-f]+\.sterna-tmp$/.exec(name)?.[1] ?? 0);
}

export class PackWriter {
  readonly #sections: PlacedSection[];
  /** Size of the finished file in bytes. */
  readonly fileSize: number;

  readonly #handle: FileHandle;
  readonly #temporary: string;
  readonly #target: string;
  readonly #config: SourceConfig;
  readonly #layout: LayoutName;

  private constructor(
    handle: FileHandle,
    temporary: string,
    target: string,
    config: SourceConfig,
    layout: LayoutName,
    planned: readonly SectionShape[],
  ) {
    this.#handle = handle;
    this.#temporary = temporary;
    this.#target = target;
    this.#config = config;
    this.#layout = layout;
    const { sections, fileSize } = withOffsets(planned);
    this.#sections = sections;
    this.fileSize = fileSize;
  }

  /**
   * Creates a temporary file beside `target`.
   * @throws StorageError when the folder cannot take the file
   */
  static async create(
    target: string,
    config: SourceConfig,
    layout: LayoutName,
    planned: readonly SectionShape[],
  ): Promise<PackWriter> {
    const { fileSize } = withOffsets(planned);
    const temporary = temporaryName(target);
    try {
      if ((await freeBytes(dirname(target))) < fileSize) throw noSpace(target, fileSize);
      const handle = await open(temporary, "wx");
      return new PackWriter(handle, temporary, target, config, layout, planned);
    } catch (error) {
      throw storageError(error, target, fileSize);
    }
  }

  /** Appends to a section; several may grow at the same time. */
  async write(kind: number, layer: number, bytes: Uint8Array): Promise<void> {
    const section = this.#sections.find((candidate) => candidate.kind === kind && candidate.layer === layer);
    if (section === undefined || section.written + bytes.length > section.size) {
      throw new RangeError(`section ${kind} of the pack is longer than planned`);
    }
    section.crc = crc32(bytes, section.crc);
    await this.#writeAt(bytes, section.offset + section.written);
    section.written += bytes.length;
  }

  async #writeAt(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    try {
      while (done < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw storageError(error, this.#target, this.fileSize);
    }
  }

  /** Writes the header, flushes the file to the disk and gives it its name. */
  async finish(): Promise<void> {
    if (this.#sections.some(({ written, size }) => written !== size)) {
      throw new RangeError("a section of the pack was not written");
    }
    await this.#writeAt(this.#headerAndTable(), 0);
    try {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#temporary, this.#target);
    } catch (error) {
      throw storageError(error, this.#target, this.fileSize);
    }
  }

  /** Removes what was written. Safe to call at any time. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#temporary, { force: true });
  }

  #headerAndTable(): Uint8Array {
    const config = this.#config;
    const layout = this.#layout;
    const sections = this.#sections;
    const bytes = new Uint8Array(HEADER_BYTES + sections.length * SECTION_ENTRY_BYTES);
    const view = new DataView(bytes.buffer);
    bytes.set(Buffer.from(PACK_MAGIC, "latin1"), HEADER.magic);
    view.setBigUint64(HEADER.fileSize, BigInt(this.fileSize), true);
    const numbers = {
      version: PACK_VERSION,
      sectionCount: sections.length,
      layout: WeightLayout[layout],
      activation: config.activation,
      vocabSize: config.vocabSize,
      hiddenSize: config.hiddenSize,
      layerCount: config.layerCount,
      headCount: config.headCount,
      kvHeadCount: config.kvHeadCount,
      headDim: config.headDim,
      ffnSize: config.ffnSize,
      contextLength: config.contextLength,
      ropeDim: config.ropeDim,
      ropePairing: config.ropePairing,
      tiedHead: config.tiedHead ? 1 : 0,
      subNorms: config.subNorms ? 1 : 0,
      qkNorms: config.qkNorms ? 1 : 0,
      ropeScaling: config.ropeScaling,
      ropeOriginalContext: config.ropeOriginalContext,
      groupSize: config.groupSize,
      ternaryEmbedding: config.ternaryEmbedding ? 1 : 0,
    };
    for (const [name, value] of Object.entries(numbers)) {
      view.setUint32(HEADER[name as keyof typeof numbers], value, true);
    }
    view.setFloat32(HEADER.rmsEpsilon, config.rmsEpsilon, true);
    view.setFloat32(HEADER.ropeTheta, config.ropeTheta, true);
    view.setFloat32(HEADER.ropeFactor, config.ropeFactor, true);
    view.setFloat32(HEADER.ropeMagnitude, config.ropeMagnitude, true);
    sections.forEach((section, i) => {
      const at = HEADER_BYTES + i * SECTION_ENTRY_BYTES;
      view.setUint32(at + ENTRY.kind, section.kind, true);
      view.setUint32(at + ENTRY.layer, section.layer, true);
      view.setBigUint64(at + ENTRY.offset, BigInt(section.offset), true);
      view.setBigUint64(at + ENTRY.size, BigInt(section.size), true);
      view.setUint32(at + ENTRY.crc, section.crc, true);
      view.setUint32(at + ENTRY.rows, section.rows, true);
      view.setUint32(at + ENTRY.cols, section.cols, true);
    });
    view.setUint32(HEADER.headerCrc, crc32(bytes), true);
    return bytes;
  }
}

/** Gives every section its offset. The file ends with the last section's last byte. */
function withOffsets(planned: readonly SectionShape[]): { sections: PlacedSection[]; fileSize: number } {
  let end = HEADER_BYTES + planned.length * SECTION_ENTRY_BYTES;
  const sections = planned.map((section) => {
    const offset = Math.ceil(end / SECTION_ALIGNMENT) * SECTION_ALIGNMENT;
    end = offset + section.size;
    return { ...section, offset, crc: 0, written: 0 };
  });
  return { sections, fileSize: end };
}

function noSpace(target: string, needed: number): StorageError {
  return new StorageError(
    `Not enough space in ${dirname(target)}: the packed model needs ${needed} bytes (${(needed / 1e6).toFixed(0)} MB). Free some space, or choose another storage folder.`,
  );
}

function storageError(error: unknown, target: string, needed: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined || error instanceof StorageError) return error;
  if (code === "ENOSPC" || code === "EDQUOT") return noSpace(target, needed);
  return new StorageError(
    `The packed model cannot be written to ${target} (${code}). Check the folder and its permissions.`,
  );
}
