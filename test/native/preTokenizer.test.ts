import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadAddon } from "../../engine/native.ts";
import { root } from "../unit/root.ts";
import { type PairVocabulary, pairVocabulary, reversed } from "./pairVocabulary.ts";

/**
 * The expression that the engine's hand-written splitter implements. JavaScript's own \s differs from White_Space in
 * U+0085 and U+FEFF, and Node 20 does not support (?i:).
 */
const EXPRESSION =
  /'(?:[sSſ]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Numbers in [0, 1) that are the same on every run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What encoding must give: pieces by the expression, then pairs of bytes merged by rank. */
function expectedIds(text: string, { ranks }: PairVocabulary): number[] {
  const ids: number[] = [];
  for (const [piece] of text.matchAll(EXPRESSION)) {
    const symbols: number[] = [...Buffer.from(piece, "utf8")];
    for (;;) {
      let best = -1;
      let bestRank = Infinity;
      for (let i = 0; i + 1 < symbols.length; i++) {
        const left = symbols[i] ?? 0;
        const right = symbols[i + 1] ?? 0;
        if (left > 255 || right > 255) continue;
        const rank = ranks[left * 256 + right] ?? Infinity;
        if (rank < bestRank) {
          best = i;
          bestRank = rank;
        }
      }
      if (best === -1) break;
      symbols.splice(best, 2, 256 + bestRank);
    }
    ids.push(...symbols);
  }
  return ids;
}

describe("the pre-tokenizer against JavaScript's regular expressions", function () {
  this.timeout(20000);
  const addon = loadAddon(root);
  const random = seededRandom(20);
  const shuffled = pairVocabulary(random);
  // A cut that one order of merges hides is visible with the other.
  const sides = [shuffled, reversed(shuffled)].map((vocabulary) => ({
    vocabulary,
    tokenizer: addon.createTokenizer(vocabulary.blob),
  }));

  function check(text: string): void {
    for (const { vocabulary, tokenizer } of sides) {
      const actual = Array.from(tokenizer.encode(text));
      const expected = expectedIds(text, vocabulary);
      // Comparing strings is several times faster than deepEqual.
      if (actual.join() !== expected.join()) assert.deepEqual(actual, expected, JSON.stringify(text));
    }
  }

  it("cuts the same on random mixtures of all classes", () => {
    const atoms = [..."   \n\n\r\t'''aStreVLlmd12!(_/ſéЖ中½٣", "\u00a0", "\u0085", "\u3000", "\ufeff", "🦙", "\u0301"];
    for (let round = 0; round < 20000; round++) {
      let text = "";
      for (let n = Math.floor(random() * 12); n > 0; n--) text += atoms[Math.floor(random() * atoms.length)] ?? "";
      check(text);
    }
  });

  it("knows the class of every range of code points", async function () {
    const tables = await readFile(join(root, "native/src/tokenizer/unicode_tables.inc"), "utf8");
    const version = tables.match(/ from Unicode ([\d.]+);/)?.[1];
    assert.ok(version);
    if (version !== process.versions.unicode) {
      console.log(`      skipped: the tables are of Unicode ${version}, this Node knows ${process.versions.unicode}`);
      this.skip();
    }
    const classes = [/\p{L}/u, /\p{N}/u, /\p{White_Space}/u];
    const kind = (point: number): number => classes.findIndex((one) => one.test(String.fromCodePoint(point)));
    let changes = 0;
    let previous = kind(0);
    for (let point = 1; point <= 0x10ffff; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const current = kind(point);
      const changed = current !== previous;
      if (changed) changes++;
      previous = current;
      if (!changed && point % 101 !== 0) continue;
      for (const near of changed ? [point - 1, point] : [point]) {
        const character = String.fromCodePoint(near);
        // Each class cuts one of these differently near its ends, where no merge hides it.
        check(`x${character}${character}1`);
        check(` ${character}1`);
      }
    }
    assert.ok(changes > 1000);
  });
});
