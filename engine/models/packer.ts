/**
 * Packs a model: a GGUF file or a safetensors folder in, pack (packFormat.ts) out, a few megabytes in memory at a time.
 */
import type { LayoutName } from "../native.ts";
import { GROUP_COLUMNS } from "./architectures.ts";
import { rowBytes } from "./gguf/types.ts";
import { bf16ToF32, F16_TO_F32 } from "./half.ts";
import type { ModelFile, ModelTensor } from "./modelFile.ts";
import { ADVICE_DAMAGED, ADVICE_UNSUPPORTED, ModelFileError } from "./modelFileError.ts";
import { openModel } from "./openModel.ts";
import { NO_LAYER, type PackMetadata, Section } from "./packFormat.ts";
import { columnSteps, paddedRows, type SectionShape, sectionShapes } from "./packLayout.ts";
import { PackWriter } from "./packWriter.ts";
import { denseRowDecoder } from "./rows/denseRows.ts";
import { type GroupRows, groupRows } from "./rows/groupRows.ts";
import { GroupTile } from "./rows/groupTiles.ts";
import { HeadEncoder } from "./rows/headRows.ts";
import { MeanMagnitude, masterRows } from "./rows/masterRows.ts";
import { RowProblem } from "./rows/rowProblem.ts";
import { type TernaryRows, ternaryRows } from "./rows/ternaryRows.ts";
import { codeBuffer, TILE_ROWS, tileLayout } from "./rows/ternaryTiles.ts";
import { describeSource, type LayerSource, type ModelSource, type TernarySource } from "./source.ts";
import { encodeVocabulary } from "./vocabBlob.ts";

export interface PackOptions {
  /** Default "t2", which every machine computes well; the fastest are what the addon's preferredLayouts() says. */
  layout?: LayoutName;
  /** The layout where {@link ModelSource.isBinary}. Default: `layout`. */
  binaryLayout?: LayoutName;
  /** Called now and then with bytes written and bytes in all. */
  onProgress?: (done: number, total: number) => void;
  /** Aborts between two batches; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Bytes read or written at a time, between two looks at the signal. Default 2 MiB: a few milliseconds of work. */
  batchBytes?: number;
}

const BATCH_BYTES = 2 << 20;
const HEAD_HIGH = { kind: Section.headHigh, layer: NO_LAYER };
const HEAD_MIDDLE = { kind: Section.headMiddle, layer: NO_LAYER };
const HEAD_LOW = { kind: Section.headLow, layer: NO_LAYER };

/**
 * Writes the pack of a model to `target`, replacing it only when complete.
 * @throws ModelFileError when the source cannot be used, StorageError when the target cannot be written
 */
export async function packModel(sourcePath: string, target: string, options: PackOptions = {}): Promise<void> {
  const modelFile = await openModel(sourcePath);
  try {
    await new Packer(modelFile, options).run(target);
  } finally {
    await modelFile.close();
  }
}

class Packer {
  readonly #source: ModelSource;
  readonly #batchBytes: number;
  readonly #layout: LayoutName;
  #done = 0;
  #total = 0;

  readonly #modelFile: ModelFile;
  readonly #options: PackOptions;

  constructor(modelFile: ModelFile, options: PackOptions) {
    this.#modelFile = modelFile;
    this.#options = options;
    this.#source = describeSource(modelFile);
    this.#batchBytes = options.batchBytes ?? BATCH_BYTES;
    const { layout = "t2", binaryLayout = layout } = options;
    this.#layout = this.#source.isBinary ? binaryLayout : layout;
    if (this.#layout === "b1" && !this.#source.isBinary) {
      const problem = "has room for weights of -1 and 1 only, and this model has others";
      throw new ModelFileError(modelFile.path, "layout b1", problem, "Choose the layout t2 or t16.");
    }
  }

  async run(target: string): Promise<void> {
    const known = new Map([
      [Section.metadata as number, this.#metadata()],
      [Section.vocabulary as number, this.#vocabulary()],
    ]);
    const sections = sectionShapes(this.#source.config, this.#layout).map((shape) =>
      shape.size === -1 ? { ...shape, size: known.get(shape.kind)?.length ?? 0 } : shape,
    );
    this.#total = sections.reduce((sum, section) => sum + section.size, 0);
    const writer = await PackWriter.create(target, this.#source.config, this.#layout, sections);
    try {
      for (const section of sections) {
        const bytes = known.get(section.kind);
        if (bytes !== undefined) await this.#write(writer, section, bytes);
        else await this.#writeSection(writer, section, this.#source.layers[section.layer]);
      }
      this.#options.signal?.throwIfAborted();
      await writer.finish();
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  #vocabulary(): Uint8Array {
    const { vocabSize } = this.#source.config;
    const vocabulary = encodeVocabulary(this.#modelFile);
    const tokens = new DataView(vocabulary.buffer).getUint32(4, true);
    if (tokens !== vocabSize) {
      const problem = `has ${tokens} tokens, but the model's vocabulary is ${vocabSize}`;
      throw new ModelFileError(this.#modelFile.path, "key tokenizer.ggml.tokens", problem, ADVICE_DAMAGED);
    }
    return vocabulary;
  }

  async #writeSection(writer: PackWriter, section: SectionShape, layer?: LayerSource): Promise<void> {
    const source = this.#source;
    switch (section.kind) {
      case Section.embedding:
        if (source.config.ternaryEmbedding) return this.#writeTernary(writer, section, [{ tensor: source.embedding }]);
        return this.#writeMatrix(writer, section, source.embedding, source.head === undefined, source.scales.embedding);
      case Section.headF16:
        return this.#writeMatrix(writer, section, source.head ?? source.embedding, true, 1);
      case Section.headTernary:
        return this.#writeTernary(writer, section, [{ tensor: source.head ?? source.embedding }]);
      case Section.headHigh:
      case Section.headMiddle:
      case Section.headLow:
        return; // written with the matrix that they are made from, which is before them
      case Section.outputNorm:
        return this.#writeNorm(writer, section, source.outputNorm, source.scales.outputNorm);
      case Section.ropeFactors:
        return this.#writeRopeFactors(writer, section, source.ropeFactors);
      case Section.attnNorm:
        return this.#writeNorm(writer, section, layer?.attnNorm);
      case Section.qkv:
        return this.#writeTernary(writer, section, layer?.qkv);
      case Section.attnQueryNorm:
        return this.#writeNorm(writer, section, layer?.queryNorm);
      case Section.attnKeyNorm:
        return this.#writeNorm(writer, section, layer?.keyNorm);
      case Section.attnSubNorm:
        return this.#writeNorm(writer, section, layer?.attnSubNorm);
      case Section.attnOutput:
        return this.#writeTernary(writer, section, layer && [layer.attnOutput]);
      case Section.ffnNorm:
        return this.#writeNorm(writer, section, layer?.ffnNorm);
      case Section.gateUp:
        return this.#writeTernary(writer, section, layer?.gateUp);
      case Section.ffnSubNorm:
        return this.#writeNorm(writer, section, layer?.ffnSubNorm);
      default:
        return this.#writeTernary(writer, section, layer && [layer.ffnDown]);
    }
  }

  #metadata(): Uint8Array {
    const { name, sourceArchitecture, bodyType, chatTemplate, license } = this.#source;
    const metadata: PackMetadata = { name, sourceArchitecture, sourceType: bodyType };
    if (chatTemplate !== undefined) metadata.chatTemplate = chatTemplate;
    if (license !== undefined) metadata.license = license;
    return Buffer.from(JSON.stringify(metadata), "utf8");
  }

  async #writeNorm(
    writer: PackWriter,
    section: SectionShape,
    tensor: ModelTensor | undefined,
    gain = 1,
  ): Promise<void> {
    if (tensor === undefined) return;
    const floats = (await this.#readFloats(tensor)).map((value) => value * gain);
    if (!floats.every(Number.isFinite)) this.#fail(tensor, "has scaled values beyond the range of f32");
    await this.#write(writer, section, asBytes(floats));
  }

  async #writeRopeFactors(writer: PackWriter, section: SectionShape, tensor: ModelTensor | undefined): Promise<void> {
    if (tensor === undefined) return;
    const factors = await this.#readFloats(tensor);
    if (!factors.every((factor) => factor > 0)) this.#fail(tensor, "holds a factor that is not above 0");
    await this.#write(writer, section, asBytes(factors));
  }

  async #write(writer: PackWriter, { kind, layer }: Pick<SectionShape, "kind" | "layer">, bytes: Uint8Array) {
    this.#options.signal?.throwIfAborted();
    await writer.write(kind, layer, bytes);
    this.#done += bytes.length;
    this.#options.onProgress?.(this.#done, this.#total);
  }

  /** A small F32 or F16 tensor as f32. */
  async #readFloats(tensor: ModelTensor): Promise<Float32Array> {
    const raw = new DataView(new ArrayBuffer(tensor.size));
    await this.#modelFile.read(tensor, 0, new Uint8Array(raw.buffer));
    const out = new Float32Array(tensor.rows * tensor.columns);
    for (let i = 0; i < out.length; i++) {
      const value =
        tensor.type === "F32"
          ? raw.getFloat32(4 * i, true)
          : tensor.type === "F16"
            ? F16_TO_F32[raw.getUint16(2 * i, true)]
            : bf16ToF32(raw.getUint16(2 * i, true));
      if (value === undefined || !Number.isFinite(value)) this.#fail(tensor, "holds a value that is not finite");
      out[i] = value;
    }
    return out;
  }

  /** A matrix of vocabulary and channels, times `gain`, as f16 and, when it is the head, as the planes of int8. */
  async #writeMatrix(writer: PackWriter, section: SectionShape, tensor: ModelTensor, isHead: boolean, gain: number) {
    const decode = denseRowDecoder(tensor.type);
    const stride = rowBytes(tensor.type, tensor.columns);
    const { batchRows: multiple } = HeadEncoder;
    const batchRows = Math.max(1, Math.floor(this.#batchBytes / (stride * multiple))) * multiple;
    const raw = new Uint8Array(batchRows * stride);
    const values = new Uint16Array(batchRows * tensor.columns);
    const head = isHead ? new HeadEncoder(tensor.rows, tensor.columns) : undefined;
    for (let row = 0; row < tensor.rows; row += batchRows) {
      const rows = Math.min(batchRows, tensor.rows - row);
      await this.#modelFile.read(tensor, row * stride, raw.subarray(0, rows * stride));
      const count = rows * tensor.columns;
      this.#decoding(tensor, () => decode(new DataView(raw.buffer), 0, count, values, gain));
      const batch = values.subarray(0, count);
      await this.#write(writer, section, asBytes(batch));
      if (head === undefined) continue;
      const { high, middle, low } = head.encode(batch);
      await this.#write(writer, HEAD_HIGH, asBytes(high));
      await this.#write(writer, HEAD_MIDDLE, asBytes(middle));
      await this.#write(writer, HEAD_LOW, asBytes(low));
    }
    if (head === undefined) return;
    await this.#write(writer, HEAD_HIGH, asBytes(head.arrays));
    await this.#write(writer, HEAD_MIDDLE, asBytes(head.restNorms));
  }

  /** The tiles of the parts' rows, one part after another, then the scales. */
  async #writeTernary(writer: PackWriter, section: SectionShape, parts: TernarySource[] = []) {
    if (this.#source.config.groupSize > 0) return this.#writeGroups(writer, section, parts);
    const { rows: allRows, cols } = section;
    const layout = tileLayout(this.#layout);
    const { zero } = layout;
    const steps = columnSteps(cols, this.#layout);
    const tileDwords = steps * TILE_ROWS;
    const scales = new Float32Array(paddedRows(allRows));
    const batchTiles = Math.max(
      1,
      Math.min(scales.length / TILE_ROWS, Math.floor(this.#batchBytes / (4 * tileDwords))),
    );
    const tiles = new Uint32Array(batchTiles * tileDwords).fill(zero);
    const codes = codeBuffer(cols);
    let row = 0;
    const flush = async () => {
      const used = Math.ceil((((row - 1) % (batchTiles * TILE_ROWS)) + 1) / TILE_ROWS) * tileDwords;
      await this.#write(writer, section, asBytes(tiles.subarray(0, used)));
      tiles.fill(zero);
    };
    for (const { tensor, factor } of parts) {
      const source = await this.#ternaryRows(tensor);
      const perTensor = await this.#tensorScale(tensor, factor);
      for await (const { view, at, decode, index } of this.#rowsOf(tensor, source)) {
        const slot = row % (batchTiles * TILE_ROWS);
        const base = Math.floor(slot / TILE_ROWS) * tileDwords + (slot % TILE_ROWS);
        const scale = this.#decoding(tensor, () => decode(view, at, cols, codes), index);
        scales[row++] = scale * perTensor;
        layout.place(codes, steps, tiles, base);
        if (row % (batchTiles * TILE_ROWS) === 0) await flush();
      }
    }
    if (row % (batchTiles * TILE_ROWS) !== 0) await flush();
    if (!scales.every(Number.isFinite)) this.#fail(parts[0]?.tensor, "has scales beyond the range of f32");
    await this.#write(writer, section, asBytes(scales));
  }

  /** The row tiles of the parts' rows, one part after another, with scales per group. */
  async #writeGroups(writer: PackWriter, section: SectionShape, parts: readonly TernarySource[]) {
    const { rows: allRows, cols } = section;
    const tile = new GroupTile(cols, this.#layout);
    const codes = codeBuffer(cols);
    const scales = new Uint16Array(cols / GROUP_COLUMNS);
    let row = 0;
    const next = async () => {
      row++;
      if (row % TILE_ROWS === 0) await this.#write(writer, section, asBytes(tile.dwords));
    };
    for (const { tensor, factor } of parts) {
      if (factor !== undefined) this.#fail(factor, "multiplies weights that have scales of their own");
      const source: GroupRows = groupRows(tensor, rowBytes(tensor.type, tensor.columns));
      for await (const { view, at, decode, index } of this.#rowsOf(tensor, source)) {
        this.#decoding(tensor, () => decode(view, at, cols, codes, scales), index);
        tile.place(row % TILE_ROWS, codes, scales);
        await next();
      }
    }
    while (row < paddedRows(allRows)) {
      tile.placeZero(row % TILE_ROWS);
      await next();
    }
  }

  /** The rows of a tensor, read some at a time: where each is in `view`, and its decoder. */
  async *#rowsOf<D>(
    tensor: ModelTensor,
    source: { stride: number; place(row: number): { offset: number; rows: number; decode: D } },
  ): AsyncGenerator<{ view: DataView; at: number; decode: D; index: number }> {
    const { stride } = source;
    const chunkRows = Math.max(1, Math.floor(this.#batchBytes / stride));
    const raw = new Uint8Array(Math.min(chunkRows, tensor.rows) * stride);
    const view = new DataView(raw.buffer);
    for (let start = 0, rows = 0; start < tensor.rows; start += rows) {
      const place = source.place(start);
      rows = Math.min(chunkRows, place.rows);
      await this.#modelFile.read(tensor, place.offset, raw.subarray(0, rows * stride));
      for (let r = 0; r < rows; r++) yield { view, at: r * stride, decode: place.decode, index: start + r };
    }
  }

  /** How the rows of a tensor are found and decoded; weights to be rounded are read once more, for their mean. */
  async #ternaryRows(tensor: ModelTensor): Promise<TernaryRows> {
    if (!tensor.isMaster) return ternaryRows(tensor);
    const mean = new MeanMagnitude(tensor.type);
    const chunk = new Uint8Array(this.#batchBytes & ~3);
    for (let at = 0; at < tensor.size; at += chunk.length) {
      this.#options.signal?.throwIfAborted();
      const bytes = chunk.subarray(0, Math.min(chunk.length, tensor.size - at));
      await this.#modelFile.read(tensor, at, bytes);
      this.#decoding(tensor, () => mean.add(bytes));
    }
    return masterRows(tensor, mean.value);
  }

  /** What multiplies every row's scale: I2_S's trailing scale, and a converter's `.scale` tensor. */
  async #tensorScale(tensor: ModelTensor, factor: ModelTensor | undefined): Promise<number> {
    let scale = 1;
    if (tensor.type === "I2_S") {
      const trailer = new Uint8Array(4);
      await this.#modelFile.read(tensor, (tensor.rows * tensor.columns) / 4, trailer);
      scale = new DataView(trailer.buffer).getFloat32(0, true);
      if (!Number.isFinite(scale)) this.#fail(tensor, `has the scale ${scale}`);
    }
    if (factor !== undefined) {
      const [value = 1] = await this.#readFloats(factor);
      scale *= factor.isDivisor ? 1 / value : value;
      if (!Number.isFinite(scale)) this.#fail(factor, `is ${value}, which is no scale`);
    }
    return scale;
  }

  #decoding<T>(tensor: ModelTensor, decode: () => T, row?: number): T {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      const field = `tensor ${tensor.name}${row === undefined ? "" : `, row ${row}`}`;
      throw new ModelFileError(this.#modelFile.path, field, error.message, ADVICE_UNSUPPORTED);
    }
  }

  #fail(tensor: ModelTensor | undefined, problem: string): never {
    throw new ModelFileError(this.#modelFile.path, `tensor ${tensor?.name}`, problem, ADVICE_DAMAGED);
  }
}

function asBytes(array: Float32Array | Uint16Array | Uint32Array | Int8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
