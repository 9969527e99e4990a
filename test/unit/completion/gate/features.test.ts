import assert from "node:assert/strict";
import { FEATURES, featuresOf } from "../../../../engine/completion/gate/features.ts";
import type { Candidate } from "../../../../engine/completion/gate/gate.ts";
import { cursorContext } from "../../../../engine/text/cursor.ts";

type Name = (typeof FEATURES)[number];

/** The features of a text at the bar in the document, cut at the bars in the text. */
function of(marked: string, text: string, rest: Partial<Candidate> & { languageId?: string } = {}) {
  const offset = marked.indexOf("|");
  const context = cursorContext(
    { path: "a", languageId: rest.languageId ?? "typescript", text: marked.replace("|", "") },
    offset,
  );
  const pieces: Candidate["pieces"] = [...text.matchAll(/\|(0\.\d+)?/g)].map((bar, index, all) => ({
    end: (bar.index ?? 0) - all.slice(0, index).reduce((sum, [one]) => sum + one.length, 0),
    probability: Number(bar[1] ?? 1),
  }));
  const plain = text.replace(/\|(0\.\d+)?/g, "");
  const rows = featuresOf({ text: plain, pieces, typed: 0, onScreen: 0, source: "model", context, ...rest });
  return rows.map(({ end, values }) => ({
    end,
    get: (name: Name) => values[FEATURES.indexOf(name)] ?? Number.NaN,
    length: values.length,
  }));
}

describe("the features of an answer", () => {
  it("are one row for each place where it may be cut, behind what was typed", () => {
    assert.deepEqual(
      of("x = |", "ab|0.5cd|0.5ef|0.5").map(({ end, length }) => [end, length]),
      [2, 4, 6].map((end) => [end, FEATURES.length]),
    );
    assert.deepEqual(
      of("x = ab|", "ab|0.5cd|0.5ef|0.5", { typed: 2 }).map(({ end }) => end),
      [4, 6],
    );
    assert.deepEqual(
      of("x = a|", "ab|0.5cd|0.5", { typed: 1 }).map((row) => [row.end, row.get("typedOfPiece")]),
      [
        [2, 0.5],
        [4, 0],
      ],
    );
  });

  it("add up how sure the model was", () => {
    const [first, second, third] = of("x = |", "ab|0.5cd|0.25ef|0.8");
    assert.ok(first && second && third);
    const close = (value: number, wanted: number) => assert.ok(Math.abs(value - wanted) < 1e-9, `${value}, ${wanted}`);
    close(second.get("logAll"), Math.log(0.125));
    close(second.get("logLeast"), Math.log(0.25));
    close(third.get("logLeast"), Math.log(0.25));
    close(third.get("logMean"), Math.log(0.1) / 3);
    close(first.get("logNext"), Math.log(0.25));
    close(first.get("logRest"), Math.log(0.2));
    close(third.get("logNext"), 0);
    assert.deepEqual([first.get("isEnd"), third.get("isEnd")], [0, 1]);
  });

  const places: [marked: string, text: string, expected: Partial<Record<Name, number>>, languageId?: string][] = [
    ["  foo.ba|\nnext", "r|", { column: 6, wordBefore: 2, afterDot: 0, linesBelow: 1, isScript: 1 }],
    ["foo.|", "r|", { afterDot: 1, wordBefore: 0, restOfLine: 0, linesBelow: 0 }],
    ["foo(|)", "r|", { afterOpener: 1, restOfLine: 1 }],
    ["foo(| + 1)", "r|", { restOfLine: 2 }],
    ['s = "a|', "r|", { inString: 1, inComment: 0 }],
    ["x = 1 // say|", "r|", { inComment: 1 }],
    ["# say|", "r|", { inComment: 1, isPython: 1, isScript: 0 }, "python"],
    ["a;\n  |", "r|", { atLineStart: 1, afterBlank: 1 }],
    // Names that occur nearby, and names that do not.
    ["const total = 1;\nx = to|", "tal + other|", { words: 2, newWords: 1, isFirstWordNew: 0 }],
    ["x = to|", "tal|", { words: 1, newWords: 1, isFirstWordNew: 1 }],
    // Two places with the same text before them, one of which continues like this.
    ["let ab = one;\nlet ab = two;\nlet ab = |", "two;|", { placesAlike: 1, shareAlike: 0.5 }],
    ["let ab = |", "two;|", { placesAlike: 0, shareAlike: 0.5 }],
    ["f(|", "a,\n  b)|", { lines: 1, endsAtCloser: 1 }],
  ];
  for (const [marked, text, expected, languageId] of places) {
    it(`${JSON.stringify(marked)} and ${JSON.stringify(text)}: ${Object.keys(expected).join(", ")}`, () => {
      const row = of(marked, text, languageId === undefined ? {} : { languageId }).at(-1);
      for (const [name, value] of Object.entries(expected)) assert.equal(row?.get(name as Name), value, name);
    });
  }
});
