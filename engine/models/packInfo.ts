/** Reads the header, the section table and the metadata of a pack, as strictly as the native loader. */
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import type { LayoutName } from "../native.ts";
import { GROUP_COLUMNS } from "./architectures.ts";
import { openModelFile } from "./modelFile.ts";
import { ModelFileError, quote } from "./modelFileError.ts";
import { checkpointFolder } from "./openModel.ts";
import {
  Activation,
  ENTRY,
  HEADER,
  HEADER_BYTES,
  NO_LAYER,
  PACK_MAGIC,
  PACK_VERSION,
  type PackMetadata,
  RopePairing,
  RopeScaling,
  SECTION_ALIGNMENT,
  SECTION_ENTRY_BYTES,
  Section,
  VOCAB_HEADER_BYTES,
  VOCAB_MAGIC,
  WeightLayout,
} from "./packFormat.ts";
import { type SectionShape, sectionName, sectionShapes } from "./packLayout.ts";
import { LIMITS, type SourceConfig } from "./source.ts";

export interface PackSection extends SectionShape {
  /** Bytes from the start of the file. */
  offset: number;
  crc: number;
}

export interface PackInfo {
  path: string;
  /** Bytes. */
  fileSize: number;
  /** Of the ternary matrices. */
  layout: LayoutName;
  config: SourceConfig;
  sections: PackSection[];
  metadata: PackMetadata;
  /** Vocabulary blob, checked only by its checksum. */
  vocabulary: Uint8Array;
}

/** 9 sections of the model, 10 of each layer. */
const MAX_SECTIONS = 9 + 10 * LIMITS.layerCount;
const MAX_METADATA_BYTES = 16 << 20;
const MAX_VOCABULARY_BYTES = 256 << 20;
const ADVICE_AGAIN = "Import the model again from its source.";

/** True when the file begins as packs do. */
export async function isPack(path: string): Promise<boolean> {
  if ((await checkpointFolder(path)) !== undefined) return false;
  const handle = await openModelFile(path);
  try {
    const magic = Buffer.alloc(PACK_MAGIC.length);
    await handle.read(magic, 0, magic.length, 0);
    return magic.toString("latin1") === PACK_MAGIC;
  } finally {
    await handle.close();
  }
}

/**
 * Reads what a pack says of itself. The weights are not read.
 * @throws ModelFileError
 */
export async function readPackInfo(path: string): Promise<PackInfo> {
  const handle = await openModelFile(path);
  try {
    return await new PackReader(path, handle).read();
  } finally {
    await handle.close();
  }
}

/**
 * Reads the whole pack and compares every section with its checksum.
 * @throws ModelFileError
 */
export async function verifyPack(path: string): Promise<PackInfo> {
  const handle = await openModelFile(path);
  try {
    const reader = new PackReader(path, handle);
    const info = await reader.read();
    for (const section of info.sections) await reader.checkSection(section);
    return info;
  } finally {
    await handle.close();
  }
}

class PackReader {
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  #fail(field: string, problem: string): never {
    throw new ModelFileError(this.#path, field, problem, ADVICE_AGAIN);
  }

  async read(): Promise<PackInfo> {
    const { size } = await this.#handle.stat();
    const header = await this.#bytes("header", 0, HEADER_BYTES);
    const view = new DataView(header.buffer, header.byteOffset, header.length);
    if (header.toString("latin1", 0, PACK_MAGIC.length) !== PACK_MAGIC) this.#fail("header: magic", "is not STERNAPK");
    const version = view.getUint32(HEADER.version, true);
    if (version !== PACK_VERSION) this.#fail("header: version", `is ${version}, not ${PACK_VERSION}`);
    const count = view.getUint32(HEADER.sectionCount, true);
    if (count === 0 || count > MAX_SECTIONS) {
      this.#fail("header: section count", `is ${count}, not 1 to ${MAX_SECTIONS}`);
    }
    const table = await this.#bytes("section table", HEADER_BYTES, count * SECTION_ENTRY_BYTES);
    this.#checkHeaderCrc(header, table);
    const fileSize = view.getBigUint64(HEADER.fileSize, true);
    if (fileSize !== BigInt(size)) this.#fail("header: file size", `is ${fileSize}, but the file has ${size} bytes`);
    const layout = this.#layout(view);
    const config = this.#config(view, layout);
    const sections = this.#sections(table, sectionShapes(config, layout), size);
    const metadata = this.#metadata(await this.#content(sections, Section.metadata, MAX_METADATA_BYTES));
    const vocabulary = await this.#content(sections, Section.vocabulary, MAX_VOCABULARY_BYTES);
    if (vocabulary.length < VOCAB_HEADER_BYTES || vocabulary.toString("latin1", 0, 4) !== VOCAB_MAGIC) {
      this.#fail("section vocabulary", `does not begin with ${VOCAB_MAGIC}`);
    }
    const tokens = vocabulary.readUInt32LE(4);
    if (tokens !== config.vocabSize) this.#fail("section vocabulary", `has ${tokens} tokens, not ${config.vocabSize}`);
    return { path: this.#path, fileSize: size, layout, config, sections, metadata, vocabulary };
  }

  async #bytes(field: string, offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await this.#handle.read(bytes, 0, length, offset);
    if (bytesRead !== length) this.#fail(field, `needs ${length} bytes at offset ${offset}, past the end of the file`);
    return bytes;
  }

  #checkHeaderCrc(header: Buffer, table: Buffer): void {
    const stored = header.readUInt32LE(HEADER.headerCrc);
    header.writeUInt32LE(0, HEADER.headerCrc);
    const actual = crc32(table, crc32(header));
    if (stored !== actual) this.#fail("header: checksum", "does not match header and section table");
  }

  #layout(view: DataView): LayoutName {
    const value = view.getUint32(HEADER.layout, true);
    const names = Object.keys(WeightLayout) as LayoutName[];
    return names.find((name) => WeightLayout[name] === value) ?? this.#fail("header: layout", `is ${value}, unknown`);
  }

  #config(view: DataView, layout: LayoutName): SourceConfig {
    const read = (name: keyof typeof HEADER, low: number, high: number): number => {
      const value = view.getUint32(HEADER[name], true);
      if (value < low || value > high) this.#fail(`header: ${name}`, `is ${value}, not ${low} to ${high}`);
      return value;
    };
    const readFloat = (
      name: "rmsEpsilon" | "ropeTheta" | "ropeFactor" | "ropeMagnitude",
      low: number,
      high: number,
    ): number => {
      const value = view.getFloat32(HEADER[name], true);
      if (!(value > low && value < high)) this.#fail(`header: ${name}`, `is ${value}, not between ${low} and ${high}`);
      return value;
    };
    const config: SourceConfig = {
      activation: read("activation", Activation.reluSquared, Activation.portableSilu),
      vocabSize: read("vocabSize", 1, LIMITS.vocabSize),
      hiddenSize: read("hiddenSize", 1, LIMITS.hiddenSize),
      layerCount: read("layerCount", 1, LIMITS.layerCount),
      headCount: read("headCount", 1, LIMITS.headCount),
      kvHeadCount: read("kvHeadCount", 1, LIMITS.headCount),
      headDim: read("headDim", 2, LIMITS.headDim),
      ffnSize: read("ffnSize", 1, LIMITS.ffnSize),
      contextLength: read("contextLength", 1, LIMITS.contextLength),
      rmsEpsilon: readFloat("rmsEpsilon", 0, 1),
      ropeTheta: readFloat("ropeTheta", 1, 1e12),
      ropeDim: read("ropeDim", 2, LIMITS.headDim),
      ropePairing: read("ropePairing", RopePairing.neox, RopePairing.adjacent),
      tiedHead: read("tiedHead", 0, 1) === 1,
      subNorms: read("subNorms", 0, 1) === 1,
      qkNorms: read("qkNorms", 0, 1) === 1,
      ropeScaling: read("ropeScaling", RopeScaling.none, RopeScaling.longRope),
      ropeFactor: readFloat("ropeFactor", 0.999, 1e6),
      ropeOriginalContext: read("ropeOriginalContext", 0, LIMITS.contextLength),
      ropeMagnitude: readFloat("ropeMagnitude", 0, 1e3),
      groupSize: read("groupSize", 0, GROUP_COLUMNS),
      ternaryEmbedding: read("ternaryEmbedding", 0, 1) === 1,
    };
    if (config.headCount % config.kvHeadCount !== 0) {
      this.#fail("header: kvHeadCount", `${config.kvHeadCount} does not divide the ${config.headCount} heads`);
    }
    if (config.ropeDim > config.headDim || config.ropeDim % 2 !== 0) {
      this.#fail("header: ropeDim", `${config.ropeDim} is not even and up to the head dimension ${config.headDim}`);
    }
    if (config.ropeScaling !== RopeScaling.none && config.ropeOriginalContext === 0) {
      this.#fail("header: ropeOriginalContext", "is 0 with scaling");
    }
    if (config.groupSize !== 0 && config.groupSize !== GROUP_COLUMNS) {
      this.#fail("header: groupSize", `is ${config.groupSize}, neither 0 nor ${GROUP_COLUMNS}`);
    }
    if (layout === "b1" && config.groupSize === 0) this.#fail("header: layout", "is of 1 bit, which needs groups");
    if (config.ternaryEmbedding && config.groupSize === 0) {
      this.#fail("header: ternaryEmbedding", "is 1 without groups");
    }
    return config;
  }

  /** The table must list exactly the sections that the configuration asks for, each where it says and as large. */
  #sections(table: Buffer, shapes: SectionShape[], fileSize: number): PackSection[] {
    const expected = new Map(shapes.map((shape) => [`${shape.kind}/${shape.layer}`, shape]));
    const sections: PackSection[] = [];
    let end = HEADER_BYTES + table.length;
    for (let i = 0; i < table.length / SECTION_ENTRY_BYTES; i++) {
      const at = i * SECTION_ENTRY_BYTES;
      const section: PackSection = {
        kind: table.readUInt32LE(at + ENTRY.kind),
        layer: table.readUInt32LE(at + ENTRY.layer),
        rows: table.readUInt32LE(at + ENTRY.rows),
        cols: table.readUInt32LE(at + ENTRY.cols),
        offset: Number(table.readBigUInt64LE(at + ENTRY.offset)),
        size: Number(table.readBigUInt64LE(at + ENTRY.size)),
        crc: table.readUInt32LE(at + ENTRY.crc),
      };
      const field = describe(section, i);
      const key = `${section.kind}/${section.layer}`;
      const shape = expected.get(key);
      if (shape === undefined) this.#fail(field, "does not belong to this model, or appears twice");
      expected.delete(key);
      if (section.rows !== shape.rows || section.cols !== shape.cols) {
        this.#fail(field, `has the shape [${section.rows} x ${section.cols}], not [${shape.rows} x ${shape.cols}]`);
      }
      if (shape.size !== -1 && section.size !== shape.size) {
        this.#fail(field, `has ${section.size} bytes, not ${shape.size}`);
      }
      const start = Math.ceil(end / SECTION_ALIGNMENT) * SECTION_ALIGNMENT;
      if (section.offset !== start) this.#fail(field, `begins at byte ${section.offset}, not ${start}`);
      end = section.offset + section.size;
      if (end > fileSize) this.#fail(field, `ends at byte ${end}, but the file at ${fileSize}`);
      sections.push(section);
    }
    const missing = expected.values().next().value;
    if (missing !== undefined) this.#fail(describe(missing, sections.length), "is missing");
    if (end !== fileSize) this.#fail("header: file size", `is ${fileSize}, but the last section ends at ${end}`);
    return sections;
  }

  async #content(sections: PackSection[], kind: number, limit: number): Promise<Buffer> {
    const index = sections.findIndex((section) => section.kind === kind);
    const section = sections[index];
    if (section === undefined) this.#fail(`section ${sectionName(kind)}`, "is missing");
    if (section.size > limit) this.#fail(describe(section, index), `has ${section.size} bytes, more than ${limit}`);
    const bytes = await this.#bytes(describe(section, index), section.offset, section.size);
    if (crc32(bytes) !== section.crc) this.#fail(describe(section, index), "does not match its checksum");
    return bytes;
  }

  #metadata(bytes: Buffer): PackMetadata {
    let parsed: unknown;
    try {
      parsed = JSON.parse(bytes.toString("utf8"));
    } catch {
      this.#fail("section metadata", `is no JSON: ${quote(bytes.toString("utf8"))}`);
    }
    if (typeof parsed !== "object" || parsed === null) this.#fail("section metadata", "is no JSON object");
    const fields = parsed as Record<string, unknown>;
    const text = (name: string): string => {
      const value = fields[name];
      if (typeof value !== "string") this.#fail(`section metadata: ${name}`, "is missing or no text");
      return value;
    };
    const metadata: PackMetadata = {
      name: text("name"),
      sourceArchitecture: text("sourceArchitecture"),
      sourceType: text("sourceType"),
    };
    if (fields.chatTemplate !== undefined) metadata.chatTemplate = text("chatTemplate");
    if (fields.license !== undefined) metadata.license = text("license");
    return metadata;
  }

  /** Compares a section with its checksum. */
  async checkSection(section: PackSection): Promise<void> {
    const chunk = Buffer.alloc(Math.min(4 << 20, section.size));
    let crc = 0;
    for (let done = 0; done < section.size; ) {
      const length = Math.min(chunk.length, section.size - done);
      const { bytesRead } = await this.#handle.read(chunk, 0, length, section.offset + done);
      if (bytesRead === 0) this.#fail(describe(section, -1), "the file shrank while it was read");
      crc = crc32(chunk.subarray(0, bytesRead), crc);
      done += bytesRead;
    }
    if (crc !== section.crc) this.#fail(describe(section, -1), "does not match its checksum");
  }
}

function describe(section: SectionShape, index: number): string {
  const name = sectionName(section.kind) ?? `of the unknown kind ${section.kind}`;
  if (section.layer !== NO_LAYER) return `section ${name} of layer ${section.layer}`;
  return sectionName(section.kind) === undefined ? `section ${index} ${name}` : `section ${name}`;
}
