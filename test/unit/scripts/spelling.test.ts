import assert from "node:assert/strict";
import { otherSpellings, withoutPragmaOnce } from "../../../scripts/lib/spelling.mjs";

describe("the rules for spelling", () => {
  for (const [what, line] of [
    ["the British spelling", "void quantise_row(); // normalised; of the catalogue"],
    [
      "words of other people's interfaces",
      'path.normalize(a); json.quantization_config; "behavior"; gifenc.quantize(b)',
    ],
    ["words that only look alike", "int resize; analysis; favourite"],
  ] as const) {
    it(`let pass ${what}`, () => assert.deepEqual(otherSpellings("a.ts", line), []));
  }

  for (const [word, line] of [
    ["quantize_row", "void quantize_row();"],
    ["summarizeEdits", "export function summarizeEdits() {}"],
    ["Catalog", "// The Catalog of models."],
    ["normalized", "// Rows are normalized."],
  ] as const) {
    it(`refuse "${word}"`, () => {
      const found = otherSpellings("engine/a.ts", `\n${line}\n`);
      assert.deepEqual(found, [`engine/a.ts:2: "${word}" is spelled in the British way elsewhere`]);
    });
  }

  it("refuse a header that may be included twice", () => {
    assert.deepEqual(withoutPragmaOnce("a.h", "// A thing.\n#pragma once\n"), []);
    assert.deepEqual(withoutPragmaOnce("a.cc", "#include <map>\n"), []);
    assert.match(
      withoutPragmaOnce("a.h", "#ifndef A_H\n#define A_H\n#endif\n").join(),
      /^a\.h:1: a header has #pragma once/,
    );
  });
});
