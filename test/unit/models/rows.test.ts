import assert from "node:assert/strict";
import { GROUP_TYPES } from "../../../engine/models/architectures.ts";
import { rowBytes, type TensorTypeName } from "../../../engine/models/gguf/types.ts";
import { F16_TO_F32, toF16 } from "../../../engine/models/half.ts";
import { denseRowDecoder } from "../../../engine/models/rows/denseRows.ts";
import { HeadEncoder, quantiseRow } from "../../../engine/models/rows/headRows.ts";
import { RowProblem } from "../../../engine/models/rows/rowProblem.ts";
import { ternaryRowEncoder, WRITABLE_TYPES } from "../../../engine/models/rows/ternaryEncode.ts";
import { ternaryRowDecoder } from "../../../engine/models/rows/ternaryRows.ts";
import { codeBuffer, TILE_ROWS, tileLayout } from "../../../engine/models/rows/ternaryTiles.ts";
import { fillCodes, randomBits } from "../../../engine/models/synthRandom.ts";
import { headReader, tileCode } from "./packSections.ts";

const SCALE = 0.3125;

function decode(type: TensorTypeName, data: Uint8Array, columns: number) {
  const out = new Uint32Array(columns / 16);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const scale = ternaryRowDecoder(type)(view, 0, columns, out);
  const codes = Array.from({ length: columns }, (_, column) => {
    const dword = out[Math.floor(column / 16)] ?? 0;
    return (dword >>> (8 * (column % 4) + 2 * Math.floor((column % 16) / 4))) & 3;
  });
  return { codes, scale };
}

/** A row with one weight of +1 and 0 elsewhere, written byte by byte from the format's description. */
function singleWeight(type: "I2_S" | "TQ2_0" | "TQ1_0", column: number): Uint8Array {
  const columns = 256;
  const data = new Uint8Array(rowBytes(type, columns));
  const digits = new Map<number, number[]>();
  if (type === "TQ1_0") {
    const digit = (byte: number, n: number, w: number) => {
      const values = digits.get(byte) ?? [0, 0, 0, 0, 0];
      values[n] = w === column ? 2 : 1;
      digits.set(byte, values);
    };
    for (let m = 0; m < 32; m++) for (let n = 0; n < 5; n++) digit(m, n, 32 * n + m);
    for (let m = 0; m < 16; m++) for (let n = 0; n < 5; n++) digit(32 + m, n, 160 + 16 * n + m);
    for (let j = 0; j < 4; j++) for (let n = 0; n < 4; n++) digit(48 + j, n, 240 + 4 * n + j);
    for (const [byte, values] of digits) {
      data[byte] = Math.ceil((values.reduce((sum, value) => 3 * sum + value, 0) * 256) / 243);
    }
  } else {
    for (let w = 0; w < columns; w++) {
      const block = Math.floor(w / 128);
      const [plane, byte] = [Math.floor((w % 128) / 32), w % 32];
      const shift = type === "I2_S" ? 6 - 2 * plane : 2 * plane;
      const at = 32 * block + byte;
      data[at] = (data[at] ?? 0) | ((w === column ? 2 : 1) << shift);
    }
  }
  if (type !== "I2_S") new DataView(data.buffer).setUint16(data.length - 2, toF16(SCALE), true);
  return data;
}

describe("ternary rows", () => {
  for (const type of ["I2_S", "TQ2_0", "TQ1_0"] as const) {
    it(`finds each weight of a ${type} block in its place`, () => {
      for (let column = 0; column < 256; column++) {
        const { codes } = decode(type, singleWeight(type, column), 256);
        assert.deepEqual(
          codes,
          Array.from({ length: 256 }, (_, i) => (i === column ? 2 : 1)),
          `column ${column}`,
        );
      }
    });
  }

  for (const type of WRITABLE_TYPES.filter((name) => !GROUP_TYPES.includes(name))) {
    it(`reads back what is written as ${type}`, () => {
      const codes = new Uint8Array(768);
      const next = randomBits(5, 5);
      for (let round = 0; round < 20; round++) {
        fillCodes(codes, next);
        const data = new Uint8Array(rowBytes(type, codes.length));
        ternaryRowEncoder(type)(codes, SCALE, data, 0);
        const result = decode(type, data, codes.length);
        assert.deepEqual(result.codes, [...codes]);
        assert.equal(result.scale, type === "I2_S" ? 1 : SCALE);
      }
    });
  }

  it("gives a row of zeros the scale 0", () => {
    for (const type of ["TQ1_0", "TQ2_0", "F16"] as const) {
      const data = new Uint8Array(rowBytes(type, 256));
      ternaryRowEncoder(type)(new Uint8Array(256).fill(1), SCALE, data, 0);
      assert.deepEqual(decode(type, data, 256), { codes: new Array(256).fill(1), scale: 0 }, type);
    }
  });

  it("takes the weights of a block with scale 0 for zeros", () => {
    const data = new Uint8Array(rowBytes("TQ2_0", 256));
    ternaryRowEncoder("TQ2_0")(new Uint8Array(256).fill(2), 0, data, 0);
    assert.deepEqual(decode("TQ2_0", data, 256), { codes: new Array(256).fill(1), scale: 0 });
  });

  it("lets a block of zeros have any scale", () => {
    const data = new Uint8Array(rowBytes("TQ2_0", 512));
    const codes = new Uint8Array(512).fill(1);
    codes[300] = 0;
    ternaryRowEncoder("TQ2_0")(codes, SCALE, data, 0);
    new DataView(data.buffer).setUint16(64, toF16(7), true);
    assert.equal(decode("TQ2_0", data, 512).scale, SCALE);
  });

  const full = (type: "TQ1_0" | "TQ2_0" | "F16", columns: number) => {
    const data = new Uint8Array(rowBytes(type, columns));
    ternaryRowEncoder(type)(new Uint8Array(columns).fill(2), SCALE, data, 0);
    return data;
  };
  const setHalf = (data: Uint8Array, at: number, bits: number) => {
    new DataView(data.buffer).setUint16(at, bits, true);
    return data;
  };
  const floats = (values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
  const refused: [string, TensorTypeName, Uint8Array, number, RegExp][] = [
    ["I2_S code 3", "I2_S", new Uint8Array(32).fill(0xc0), 128, /code 3/],
    ["TQ2_0 code 3", "TQ2_0", setHalf(full("TQ2_0", 256).fill(0x0c, 5, 6), 64, 0x3c00), 256, /code 3/],
    ["TQ2_0 blocks of two scales", "TQ2_0", setHalf(full("TQ2_0", 512), 64, 0x3c00), 512, /different scales/],
    ["TQ1_0 blocks of two scales", "TQ1_0", setHalf(full("TQ1_0", 512), 52, 0x3c00), 512, /different scales/],
    ["a TQ1_0 scale of NaN", "TQ1_0", setHalf(full("TQ1_0", 256), 52, 0x7e00), 256, /not finite/],
    ["F16 of two magnitudes", "F16", setHalf(full("F16", 16), 4, 0x3c00), 16, /not ternary/],
    ["F16 infinities", "F16", setHalf(new Uint8Array(32), 4, 0xfc00), 16, /not finite/],
    ["F32 of two magnitudes", "F32", floats([...new Array(15).fill(0.5), 0.25]), 16, /0\.5 and 0\.25.*not ternary/],
    ["F32 NaN", "F32", floats([...new Array(15).fill(0), Number.NaN]), 16, /not finite/],
  ];
  for (const [name, type, data, columns, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => decode(type, data, columns),
        (error) => error instanceof RowProblem && message.test(error.message),
      );
    });
  }
});

describe("dense rows", () => {
  const decodeDense = (type: TensorTypeName, data: Uint8Array, count: number) => {
    const out = new Uint16Array(count);
    denseRowDecoder(type)(new DataView(data.buffer), 0, count, out, 1);
    return Array.from(out, (bits) => F16_TO_F32[bits] ?? 0);
  };

  it("reads Q8_0", () => {
    const data = new Uint8Array(68);
    const view = new DataView(data.buffer);
    view.setUint16(0, toF16(0.5), true);
    view.setUint16(34, toF16(2), true);
    for (let i = 0; i < 32; i++) {
      view.setInt8(2 + i, i - 16);
      view.setInt8(36 + i, 4 * i - 128);
    }
    const expected = Array.from({ length: 64 }, (_, i) => (i < 32 ? (i - 16) / 2 : 2 * (4 * (i - 32) - 128)));
    assert.deepEqual(decodeDense("Q8_0", data, 64), expected);
  });

  it("reads Q6_K", () => {
    // Quantities that must be found again: 6-bit values, a scale per 16, and one d.
    const values = Array.from({ length: 256 }, (_, i) => (i * 37 + 11) % 64);
    const scales = Array.from({ length: 16 }, (_, i) => 5 * i - 40);
    const data = new Uint8Array(210);
    const view = new DataView(data.buffer);
    values.forEach((value, i) => {
      // Weight i of half h: low bits in ql (two weights, 64 apart, to a byte), high bits in qh (four, 32 apart).
      const [half, rest] = [Math.floor(i / 128), i % 128];
      const ql = 64 * half + (rest % 64);
      const qh = 128 + 32 * half + (rest % 32);
      data[ql] = (data[ql] ?? 0) | ((value & 15) << (rest >= 64 ? 4 : 0));
      data[qh] = (data[qh] ?? 0) | ((value >> 4) << (2 * Math.floor(rest / 32)));
    });
    scales.forEach((scale, i) => {
      view.setInt8(192 + i, scale);
    });
    view.setUint16(208, toF16(0.25), true);
    const expected = values.map((value, i) => 0.25 * (scales[Math.floor(i / 16)] ?? 0) * (value - 32) + 0);
    assert.deepEqual(
      decodeDense("Q6_K", data, 256).map((value) => value + 0),
      expected,
    );
  });

  it("refuses an F32 value beyond half precision", () => {
    assert.throws(() => decodeDense("F32", new Uint8Array(Float32Array.of(1e6).buffer), 1), RowProblem);
  });

  it("refuses an F16 value that is not finite", () => {
    assert.throws(() => decodeDense("F16", Uint8Array.of(0, 0x7c), 1), RowProblem);
  });
});

describe("ternary tiles", () => {
  for (const layout of ["t2", "t16"] as const) {
    const { columns, zero, place } = tileLayout(layout);

    it(`of ${layout} hold the codes of every row, whatever its length`, () => {
      const next = randomBits(4, 4);
      // Lengths that end in each of the four steps of an 80-column group, and the long rows of 2B4T.
      for (const length of [16, 32, 48, 64, 80, 96, 2560, 6912]) {
        const steps = Math.ceil(length / columns);
        const tiles = new Uint32Array(steps * TILE_ROWS).fill(zero);
        const rows = [0, 17, 31].map((row) => {
          const expected = new Uint8Array(length);
          fillCodes(expected, next);
          const codes = codeBuffer(length);
          expected.forEach((code, i) => {
            const at = i >> 4;
            const shift = 8 * (i & 3) + 2 * ((i & 15) >> 2);
            codes[at] = ((codes[at] ?? 0) & ~(3 << shift)) | (code << shift);
          });
          place(codes, steps, tiles, row);
          return { row, expected };
        });
        const bytes = new Uint8Array(tiles.buffer);
        const codeAt = (row: number, i: number) =>
          tileCode(layout, bytes.subarray(128 * Math.floor(i / columns)), row, i % columns);
        for (const { row, expected } of rows) {
          for (let i = 0; i < steps * columns; i++) {
            assert.equal(codeAt(row, i), expected[i] ?? 1, `row ${row}, column ${i} of ${length}`);
          }
        }
        for (let i = 0; i < steps * columns; i++) assert.equal(codeAt(16, i), 1);
      }
    });
  }

  it("of t16 use every byte below 243, each for one combination of five codes", () => {
    const seen = new Set<number>();
    for (let value = 0; value < 243; value++) {
      const codes = codeBuffer(20);
      // Columns 0, 4, 8, 12 and 16 share the first byte.
      const digit = (p: number) => Math.floor(value / 3 ** p) % 3;
      codes[0] = 0x55555500 | digit(0) | (digit(1) << 2) | (digit(2) << 4) | (digit(3) << 6);
      codes[1] = 0x55555554 | digit(4);
      const tiles = new Uint32Array(TILE_ROWS);
      tileLayout("t16").place(codes, 1, tiles, 0);
      const byte = (tiles[0] ?? 0) & 255;
      const bytes = new Uint8Array(tiles.buffer);
      for (let p = 0; p < 5; p++) assert.equal(tileCode("t16", bytes, 0, 4 * p), digit(p));
      seen.add(byte);
    }
    assert.equal(seen.size, 243);
    assert.equal(Math.max(...seen), 242);
  });
});

describe("head rows", () => {
  const f16Bits = (values: number[]) => Uint16Array.from(values, toF16);

  it("are quantised by their largest magnitude, nearest and ties to even", () => {
    const codes = new Uint8Array(8);
    assert.equal(quantiseRow(f16Bits([127, -127, 0.5, 1.5, 2.5, -0.5, 63.2, 0]), codes).scale, 1);
    assert.deepEqual(
      [...codes].map((code) => code - 128),
      [127, -127, 0, 2, 2, 0, 63, 0],
    );
  });

  it("of zeros become zeros", () => {
    const codes = new Uint8Array(2).fill(5);
    const row = quantiseRow(Uint16Array.of(0, 0x8000), codes);
    assert.deepEqual([...codes], [128, 128]);
    assert.deepEqual([row.scale, row.errorNorm, row.norm], [0, 0, 0]);
    assert.ok(row.lowNorm >= 7.5 * Math.SQRT2 && row.lowNorm < 10.607);
    assert.ok(row.restNorm >= 3.5 * Math.SQRT2 && row.restNorm < 4.9498);
  });

  /** Rows of all sizes of values: uniform, few large ones, subnormal ones, the largest halves, exact multiples. */
  const kinds: [string, (next: () => number, i: number) => number][] = [
    ["uniform", (next) => next() / 2 ** 31],
    ["with outliers", (next, i) => (i % 97 === 0 ? 1 : 0.01) * (next() / 2 ** 31)],
    ["subnormal", (next) => (next() / 2 ** 31) * 2 ** -15],
    ["large", (next) => (next() / 2 ** 31) * 65000],
    ["of whole steps", (next) => (next() >> 24) % 127],
  ];
  for (const [name, value] of kinds) {
    it(`${name} lie within half a step, and their norms are upper bounds`, () => {
      const next = randomBits(3, 3);
      for (const columns of [16, 333, 2560, 6912]) {
        const row = Uint16Array.from({ length: columns }, (_, i) => toF16(value(next, i)));
        const codes = new Uint8Array(columns);
        const found = quantiseRow(row, codes);
        // Exact sums: the terms are multiples of 2^-24 below 2^16 and f32 scales, whose products and differences fit a
        // double; the squares are added without rounding, as integers of 2^-149 and less.
        const exact = (term: (i: number) => number) => {
          let sum = 0n;
          for (let i = 0; i < columns; i++) {
            const fixed = toFixed(term(i));
            sum += fixed * fixed;
          }
          return sum;
        };
        const weight = (i: number) => F16_TO_F32[row[i] ?? 0] ?? 0;
        const q = (i: number) => (codes[i] ?? 0) - 128;
        for (let i = 0; i < columns; i++) {
          assert.ok(Math.abs(weight(i) - q(i) * found.scale) <= 0.5001 * found.scale && Math.abs(q(i)) <= 127);
        }
        const terms: [string, number, bigint][] = [
          ["low", found.lowNorm, exact((i) => ((codes[i] ?? 0) & 15) - 7.5)],
          ["rest", found.restNorm, exact((i) => ((codes[i] ?? 0) & 7) - 3.5)],
          ["error", found.errorNorm, exact((i) => weight(i) - q(i) * found.scale)],
          ["norm", found.norm, exact(weight)],
        ];
        for (const [what, bound, squares] of terms) {
          const square = toFixed(bound) ** 2n;
          assert.ok(square >= squares, `${what} of ${columns}: ${bound} is no bound`);
          assert.ok(square <= squares + squares / 200_000n, `${what} of ${columns}: ${bound} is too loose`);
        }
      }
    });
  }

  /** A double as a multiple of 2^-160; exact for every value here. */
  function toFixed(value: number): bigint {
    let shift = 160;
    let mantissa = value;
    while (!Number.isInteger(mantissa)) {
      mantissa *= 2;
      shift--;
    }
    assert.ok(shift >= 0);
    return BigInt(mantissa) << BigInt(shift);
  }

  it("come out of the encoder as they went in, batch by batch", () => {
    const [rows, columns] = [45, 200];
    const next = randomBits(6, 6);
    const values = Uint16Array.from({ length: rows * columns }, () => toF16(next() / 2 ** 31));
    const encoder = new HeadEncoder(rows, columns);
    const parts = [0, 16, 32].map((row) => encoder.encode(values.subarray(row * columns, (row + 16) * columns)));
    const join = (part: "high" | "middle" | "low") =>
      Buffer.concat(parts.map((planes) => Buffer.from(planes[part].buffer)));
    const [arrays, restNorms] = [Buffer.from(encoder.arrays.buffer), Buffer.from(encoder.restNorms.buffer)];
    const [high, middle] = [Buffer.concat([join("high"), arrays]), Buffer.concat([join("middle"), restNorms])];
    const head = headReader(high, middle, join("low"), rows, columns);
    for (let row = 0; row < rows; row++) {
      const codes = new Uint8Array(columns);
      const { scale, lowNorm, restNorm, errorNorm, norm } = quantiseRow(
        values.subarray(row * columns, (row + 1) * columns),
        codes,
      );
      assert.deepEqual(head.arrays(row), [scale, lowNorm, errorNorm, norm].map(Math.fround));
      assert.equal(head.restNorm(row), Math.fround(restNorm));
      codes.forEach((code, i) => {
        assert.equal(head.middle(row, i), (code >> 3) & 1, `middle bit of row ${row}, column ${i}`);
        assert.equal(16 * head.high(row, i) + head.low(row, i), code, `row ${row}, column ${i}`);
      });
      for (let i = columns; i < 256; i++) assert.equal(head.low(row, i), 0);
      for (let i = columns; i < 512; i++) assert.equal(head.middle(row, i), 0);
    }
    for (let row = rows; row < 48; row++) for (let i = 0; i < columns; i++) assert.equal(head.high(row, i), 8);
  });
});
