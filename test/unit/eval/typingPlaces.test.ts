import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { typingPlaces, type Verdict, verdictOn } from "../../../engine/eval/typingPlaces.ts";
import { Random } from "../../../engine/replay/random.ts";
import { root } from "../root.ts";

const SOURCE = {
  path: "a.ts",
  languageId: "typescript",
  text: `export function sum(items: Item[]): number {
  let total = 0;
  // The prices of all.
  for (const item of items) {
    total += price(item, { vat: true });
  }
  return total;
}

const rest = sum([first]);
`,
};

function places(source: typeof SOURCE, count = 400) {
  const random = new Random(7);
  return typingPlaces(source, count, () => random.next());
}

/** The place behind these characters. */
function placeBehind(typed: string) {
  const found = places(SOURCE).find(({ text, offset }) => text.slice(0, offset).endsWith(typed));
  assert.ok(found, `no place behind ${typed}`);
  return found;
}

describe("places where somebody who types pauses", () => {
  it("are the same for the same seed", () => {
    assert.deepEqual(places(SOURCE, 20), places(SOURCE, 20));
  });

  it("have the rest of the block removed, and what the editor has closed after the cursor", () => {
    const { text, offset, truth, closers } = placeBehind("price(");
    assert.equal(text.slice(offset), ")\n  }\n  return total;\n}\n\nconst rest = sum([first]);\n");
    assert.equal(truth, "item, { vat: true });");
    assert.deepEqual(closers, [truth.indexOf(");")]);
  });

  it("in a function have the rest of the function removed", () => {
    const { text, offset, truth } = placeBehind("let total = ");
    assert.equal(text.slice(offset), "\n}\n\nconst rest = sum([first]);\n");
    assert.ok(truth.startsWith("0;\n  // The prices") && truth.endsWith("return total;"));
  });

  it("at the margin have the rest of the statement removed, and the next ones kept", () => {
    const { text, offset } = placeBehind("export function ");
    assert.equal(text.slice(offset), "\n\nconst rest = sum([first]);\n");
    assert.equal(placeBehind("const rest = sum([").text.slice(-4), "[])\n");
  });

  it("are in no comment, and nowhere within a word or between equal marks", () => {
    for (const { text, offset, truth } of places(SOURCE)) {
      assert.ok(!text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset).includes("//"));
      assert.ok(!/^\w\w$/.test(text[offset - 1] + truth.slice(0, 1)), truth);
      assert.notEqual(text[offset - 1], truth[0]);
    }
  });

  it("give the file again when the removed text is typed", () => {
    for (const path of ["engine/completion/suffixJoin.ts", "training/model.py"]) {
      const text = readFileSync(`${root}/${path}`, "utf8");
      for (const place of places({ path, languageId: path.endsWith("py") ? "python" : "typescript", text }, 60)) {
        const below = place.text.slice(place.offset + place.closers.length);
        assert.equal(place.text.slice(0, place.offset) + place.truth + below, text);
      }
    }
  });
});

describe("the verdict on a suggestion", () => {
  const cases: [typed: string, text: string, replaceLength: number, verdict: Verdict][] = [
    ["let total = ", "0;", 0, "line"],
    ["let total = ", "0", 0, "beginning"],
    ["let total = ", "1;", 0, "wrong"],
    ["price(", "item, { vat: true }", 0, "beginning"],
    ["price(", "item, { vat: true });", 1, "line"],
    ["price(", "item, { vat: true });", 0, "wrong"],
    ["price(", "item", 1, "wrong"],
    ["price(", "item", 0, "beginning"],
    ["price(", "it", 0, "cut"],
    ["let ", "total =", 0, "cut"],
    ["sum([", "first", 0, "beginning"],
    ["sum([", "first]", 1, "beginning"],
    ["sum([", "first]);", 2, "line"],
  ];
  for (const [typed, text, replaceLength, verdict] of cases) {
    it(`${typed}|${JSON.stringify(text)} over ${replaceLength}: ${verdict}`, () => {
      assert.equal(verdictOn(placeBehind(typed), { text, replaceLength }), verdict);
    });
  }
});
