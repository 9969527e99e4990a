import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rowBytes, type TensorTypeName } from "../../../engine/models/gguf/types.ts";
import { F16_TO_F32, toF16 } from "../../../engine/models/half.ts";
import { denseRowDecoder } from "../../../engine/models/rows/denseRows.ts";
import { ternaryRowDecoder } from "../../../engine/models/rows/ternaryRows.ts";
import { fillCodes, randomBits } from "../../../engine/models/synthRandom.ts";
import { root } from "../root.ts";

const golden = JSON.parse(readFileSync(join(root, "test/fixtures/quants.json"), "utf8")) as Record<
  string,
  { blocks: string; values: string }
>;

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

describe("embeddings that are quantised", () => {
  for (const [type, { blocks, values }] of Object.entries(golden)) {
    it(`${type} have the values that llama.cpp's own package reads`, () => {
      const wanted = new Float32Array(bytes(values).buffer);
      const out = new Uint16Array(wanted.length);
      for (const gain of [1, 48.5]) {
        denseRowDecoder(type as TensorTypeName)(new DataView(bytes(blocks).buffer), 0, wanted.length, out, gain);
        wanted.forEach((plain, i) => {
          // Half precision has eleven bits; the sum of two products may be rounded once more.
          const [value, found] = [gain * plain, F16_TO_F32[out[i] ?? 0] ?? Number.NaN];
          assert.ok(Math.abs(found - value) <= Math.abs(value) * 2 ** -10 + 2 ** -24, `${i}: ${found}, not ${value}`);
        });
      }
    });
  }
});

/** A row as ik_llama.cpp quantises it: an f32 scale, then four planes of 16 columns in each block. */
function encodeIQ2(codes: Uint8Array, scale: number): Uint8Array {
  const out = new Uint8Array(rowBytes("IQ2_BN", codes.length));
  new DataView(out.buffer).setFloat32(0, scale, true);
  codes.forEach((code, column) => {
    const [block, within] = [Math.floor(column / 64), column % 64];
    const at = 4 + 16 * block + (within % 16);
    out[at] = (out[at] ?? 0) | (code << (2 * Math.floor(within / 16)));
  });
  return out;
}

/** An f16 scale, then for each 16 columns three bytes of five base-3 digits, and one digit in the block's last byte. */
function encodeIQ1(codes: Uint8Array, scale: number): Uint8Array {
  const out = new Uint8Array(rowBytes("IQ1_BN", codes.length));
  new DataView(out.buffer).setUint16(0, toF16(scale), true);
  const byte = (digits: number[]) => Math.ceil((digits.reduce((sum, d, j) => sum + d * 3 ** j, 0) * 256) / 243);
  for (let block = 0; block < codes.length / 64; block++) {
    const code = (column: number) => codes[64 * block + column] ?? 0;
    for (let run = 0; run < 4; run++) {
      for (let k = 0; k < 3; k++) {
        out[2 + 13 * block + 3 * run + k] = byte([0, 1, 2, 3, 4].map((j) => code(16 * run + 5 * k + j)));
      }
    }
    out[2 + 13 * block + 12] = byte([15, 31, 47, 63].map(code));
  }
  return out;
}

describe("bodies in ik_llama.cpp's ternary types", () => {
  for (const [type, encode] of [
    ["IQ1_BN", encodeIQ1],
    ["IQ2_BN", encodeIQ2],
  ] as const) {
    it(`${type} give back every code and the scale`, () => {
      const codes = new Uint8Array(320);
      const next = randomBits(3, 3);
      for (let round = 0; round < 20; round++) {
        fillCodes(codes, next);
        const data = encode(codes, 0.3125);
        const out = new Uint32Array(codes.length / 16);
        const scale = ternaryRowDecoder(type)(new DataView(data.buffer), 0, codes.length, out);
        const found = Array.from(codes, (_, column) => {
          const dword = out[Math.floor(column / 16)] ?? 0;
          return (dword >>> (8 * (column % 4) + 2 * Math.floor((column % 16) / 4))) & 3;
        });
        assert.deepEqual(found, [...codes]);
        assert.equal(scale, 0.3125);
      }
    });
  }
});
