/** Constants of the pack that TypeScript and C++ both have: read from the C++ sources and compared. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GROUP_COLUMNS } from "../../../engine/models/architectures.ts";
import {
  Activation,
  ENTRY,
  HEADER,
  HEADER_BYTES,
  PACK_MAGIC,
  PACK_VERSION,
  RopePairing,
  RopeScaling,
  SECTION_ALIGNMENT,
  SECTION_ENTRY_BYTES,
  Section,
  VOCAB_HEADER_BYTES,
  WeightLayout,
} from "../../../engine/models/packFormat.ts";
import { groupUnits } from "../../../engine/models/packLayout.ts";
import { TILE_ROWS, tileLayout } from "../../../engine/models/rows/ternaryTiles.ts";
import { LIMITS } from "../../../engine/models/source.ts";
import { root } from "../root.ts";

const source = (file: string) => readFileSync(join(root, "native", "src", file), "utf8");

/** The value of a C++ constant. */
function constant(file: string, name: string): number {
  const value = new RegExp(`\\b${name} = (\\w+);`).exec(source(file))?.[1];
  assert.ok(value !== undefined, `${name} in ${file}`);
  return Number(value);
}

/** The names of an enumeration, without their k and beginning in lower case, with their numbers. */
function enumeration(file: string, name: string): Record<string, number> {
  const body = new RegExp(`enum class ${name} : uint32_t \\{([^}]*)\\}`).exec(source(file))?.[1] ?? "";
  const entries = [...body.matchAll(/\bk(\w+) = (\d+)/g)];
  assert.ok(entries.length > 0, `${name} in ${file}`);
  return Object.fromEntries(
    entries.map(([, key = "", value]) => [key.charAt(0).toLowerCase() + key.slice(1), Number(value)]),
  );
}

describe("constants that TypeScript and C++ share", () => {
  it("version, header and sections of a pack", () => {
    assert.equal(constant("model/pack.h", "kPackVersion"), PACK_VERSION);
    assert.equal(constant("model/pack.cc", "kHeaderBytes"), HEADER_BYTES);
    assert.equal(constant("model/pack.cc", "kEntryBytes"), SECTION_ENTRY_BYTES);
    assert.equal(constant("model/pack.cc", "kAlignment"), SECTION_ALIGNMENT);
    assert.equal(constant("model/pack.cc", "kCrcField"), HEADER.headerCrc);
    assert.ok(source("model/pack.cc").includes(`"${PACK_MAGIC}"`));
    assert.deepEqual(enumeration("model/pack.h", "SectionKind"), { ...Section });
    assert.deepEqual(ENTRY, { kind: 0, layer: 4, offset: 8, size: 16, crc: 24, rows: 28, cols: 32 });
    assert.equal(constant("tokenizer/vocabulary.cc", "kHeaderBytes"), VOCAB_HEADER_BYTES);
  });

  it("places and limits of the header's fields", () => {
    const fields: [label: string, name: keyof typeof HEADER, high?: number][] = [
      ["vocabulary size", "vocabSize", LIMITS.vocabSize],
      ["hidden size", "hiddenSize", LIMITS.hiddenSize],
      ["layer count", "layerCount", LIMITS.layerCount],
      ["head count", "headCount", LIMITS.headCount],
      ["key/value head count", "kvHeadCount", LIMITS.headCount],
      ["head dimension", "headDim", LIMITS.headDim],
      ["feed-forward size", "ffnSize", LIMITS.ffnSize],
      ["context length", "contextLength", LIMITS.contextLength],
      ["rope dimension", "ropeDim", LIMITS.headDim],
      ["activation", "activation"],
      ["rope pairing", "ropePairing"],
      ["tied-head flag", "tiedHead"],
      ["sub-norms flag", "subNorms"],
      ["query and key norms flag", "qkNorms"],
      ["rope scaling", "ropeScaling"],
      ["original context length", "ropeOriginalContext", LIMITS.contextLength],
      ["columns of a scale", "groupSize"],
      ["ternary embedding flag", "ternaryEmbedding"],
    ];
    for (const [label, name, high] of fields) {
      const found = new RegExp(`\\{"${label}", (\\d+),(?: \\d+,)? (\\w+)(?: << (\\d+))?, &`).exec(
        source("model/pack.cc"),
      );
      assert.ok(found !== null, label);
      assert.equal(Number(found[1]), HEADER[name], label);
      const limit = found[3] === undefined ? Number(found[2]) : Number.parseInt(found[2] ?? "", 10) << Number(found[3]);
      if (high !== undefined) assert.equal(limit, high, label);
    }
    for (const name of ["rmsEpsilon", "ropeTheta", "ropeFactor", "ropeMagnitude"] as const) {
      const member = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      assert.ok(source("model/pack.cc").includes(`c.${member} = f32_at(h + ${HEADER[name]});`), name);
    }
  });

  it("what the flags mean", () => {
    assert.deepEqual(enumeration("model/config.h", "Activation"), { ...Activation });
    assert.deepEqual(enumeration("model/config.h", "RopePairing"), { ...RopePairing });
    assert.deepEqual(enumeration("model/config.h", "RopeScaling"), { ...RopeScaling });
    assert.deepEqual(enumeration("kernels/kernels.h", "TernaryLayout"), { ...WeightLayout });
  });

  it("tiles and groups of the ternary matrices", () => {
    assert.equal(constant("kernels/kernels.h", "kTileRows"), TILE_ROWS);
    assert.equal(constant("kernels/kernels.h", "kT2Cols"), tileLayout("t2").columns);
    assert.equal(constant("kernels/kernels.h", "kT16Cols"), tileLayout("t16").columns);
    assert.equal(constant("kernels/kernels.h", "kTileBytes"), 4 * TILE_ROWS);
    assert.equal(constant("kernels/grouped.h", "kGroupColumns"), GROUP_COLUMNS);
    const header = source("kernels/grouped.h");
    const steps = /kT2 \? (\d+) : layout == TernaryLayout::kT16 \? \d+ : (\d+);/.exec(header);
    const ofT16 = /\? 2 \* size_t\{kGroupScaleBytes\} \+ (\d+) \* size_t\{kTileBytes\}/.exec(header);
    const bytes = (groups: number, count: number) => groups * 2 * TILE_ROWS + count * 4 * TILE_ROWS;
    assert.equal(groupUnits(GROUP_COLUMNS, "t2").bytes, bytes(1, Number(steps?.[1])));
    assert.equal(groupUnits(GROUP_COLUMNS, "t16").bytes, bytes(2, Number(ofT16?.[1])));
    assert.equal(groupUnits(GROUP_COLUMNS, "b1").bytes, bytes(1, Number(steps?.[2])));
    assert.equal(constant("kernels/kernels.h", "kB1Cols") * Number(steps?.[2]), GROUP_COLUMNS);
  });
});
