import assert from "node:assert/strict";
import { FEATURES } from "../../../../engine/completion/gate/features.ts";
import { type Forest, probabilityOf, scoreOf } from "../../../../engine/completion/gate/forest.ts";
import type { Candidate } from "../../../../engine/completion/gate/gate.ts";
import { GateHistory } from "../../../../engine/completion/gate/history.ts";
import { keysOf, learnedGate } from "../../../../engine/completion/gate/learnedGate.ts";
import { FOREST } from "../../../../engine/completion/gate/weights.ts";
import { cursorContext } from "../../../../engine/text/cursor.ts";

/**
 * A forest with one tree: these log-odds for "right" where the whole text is likelier than one half, and for "wrong"
 * elsewhere.
 */
function byAll(right: number, wrong: number, half = Math.log(0.5)): Forest {
  return {
    depth: 1,
    base: 0,
    features: [FEATURES.indexOf("logAll")],
    thresholds: [half],
    leaves: [wrong, right],
  };
}

function candidate(text: string, probabilities: number[], rest: Partial<Candidate> = {}): Candidate {
  const step = Math.ceil(text.length / probabilities.length);
  return {
    text,
    pieces: probabilities.map((probability, index) => ({
      end: Math.min(text.length, (index + 1) * step),
      probability,
    })),
    typed: 0,
    onScreen: 0,
    source: "model",
    context: cursorContext({ path: "a.ts", languageId: "typescript", text: "const a = b;\nconst c = " }, 100),
    ...rest,
  };
}

describe("a forest", () => {
  it("adds up the leaves that the values lead to, a value at the threshold to the left", () => {
    const forest: Forest = {
      depth: 2,
      base: 0.5,
      features: [0, 1, 1, 1, 0, 0],
      thresholds: [1, 5, 7, 0, 0, 0],
      leaves: [1, 2, 3, 4, 10, 20, 30, 40],
    };
    const rows: [first: number, second: number, score: number][] = [
      [1, 5, 0.5 + 1 + 40],
      [1, 6, 0.5 + 2 + 40],
      [2, 7, 0.5 + 3 + 40],
      [2, 8, 0.5 + 4 + 40],
      [0, -1, 0.5 + 1 + 10],
      [1, 0, 0.5 + 1 + 20],
    ];
    for (const [first, second, score] of rows) {
      assert.equal(scoreOf(forest, Float64Array.from([first, second])), score, `${first}, ${second}`);
    }
  });
});

describe("the learned gate", () => {
  const sure = byAll(4, -4);
  const cases: [name: string, forest: Forest, candidate: Candidate, price: number, end: number][] = [
    ["shows what is likely right", sure, candidate("abcdefgh", [0.9, 0.9]), 1, 8],
    ["cuts where it becomes unlikely", sure, candidate("abcdefgh", [0.9, 0.1]), 1, 4],
    ["shows nothing that is likely wrong", sure, candidate("abcdefgh", [0.1, 0.9]), 1, 0],
    ["shows nothing that saves less than two keys", sure, candidate("ab", [0.9]), 0.1, 0],
    ["shows three characters, which save two", sure, candidate("abc", [0.9]), 1, 3],
    ["lets what stands there be typed to its end", sure, candidate("abcd", [0.9], { typed: 3, onScreen: 1 }), 1, 4],
    ["counts what is left to type", sure, candidate("abcdef", [0.9], { typed: 4 }), 1, 4],
    ["shows more where wrong characters cost nothing", sure, candidate("abcdefgh", [0.1, 0.9]), 0, 8],
    ["shows less where they cost much", byAll(0, -4), candidate("abcdefgh", [0.9, 0.9]), 2, 0],
    [
      "goes on showing what it has shown, which costs nothing new",
      byAll(0, -4),
      candidate("abcdefgh", [0.9, 0.9], { onScreen: 8 }),
      2,
      8,
    ],
  ];
  for (const [name, forest, one, price, end] of cases) {
    it(name, () => assert.equal(learnedGate(forest, { price })(one), end));
  }

  it("counts Enter and the indentation that comes along as one key", () => {
    assert.equal(keysOf("a;\n      b\n\t}"), 6);
    assert.equal(keysOf("a;  \n  "), 2);
  });

  it("as it was trained shows more the less a wrong character costs, and never beyond the text", () => {
    const one = candidate("someName(argument);", [0.9, 0.8, 0.9, 0.7]);
    const ends = [5, 1, 0.3, 0].map((price) => learnedGate(FOREST, { price })(one));
    assert.deepEqual(
      ends,
      [...ends].sort((a, b) => a - b),
    );
    assert.ok(ends.every((end) => end >= 0 && end <= one.text.length) && (ends.at(-1) ?? 0) > 0);
    assert.ok(FOREST.features.every((feature) => feature < FEATURES.length));
    assert.equal(FOREST.leaves.length, (FOREST.features.length / ((1 << FOREST.depth) - 1)) * (1 << FOREST.depth));
  });
});

describe("what becomes of suggestions", () => {
  /** Shows a text with this probability, then types. */
  const outcome = (history: GateHistory, typed: string, probability = 0.5) => {
    history.recordDecision("text", probability);
    history.recordShown("u", "before ", "text", "text");
    history.recordTyped("u", `before ${typed}`);
  };

  it("makes the gate bolder where they are right, more careful where they are wrong", () => {
    const right = new GateHistory();
    const wrong = new GateHistory();
    assert.equal(right.bias, 0);
    for (let count = 0; count < 10; count++) {
      outcome(right, "text");
      outcome(wrong, "tea");
    }
    assert.ok(right.bias > 0.3 && right.bias < 1);
    assert.ok(Math.abs(right.bias + wrong.bias) < 1e-9);
    for (let count = 0; count < 1000; count++) outcome(wrong, "tea");
    assert.ok(wrong.bias >= -1);
  });

  it("teaches nothing where it was as expected, undecided, or left alone", () => {
    const history = new GateHistory();
    outcome(history, "te");
    history.recordTyped("u", "elsewhere");
    outcome(history, "");
    history.recordShown("u", "before ", "undecided", "undecided");
    history.recordTyped("u", "before x");
    assert.equal(history.bias, 0);
  });

  it("counts a suggestion once that is typed through, and a refused one as wrong", () => {
    const history = new GateHistory();
    history.recordDecision("text", 0.5);
    history.recordDecision("ext", 0.5);
    history.recordShown("u", "before ", "text", "text");
    history.recordShown("u", "before t", "ext", "ext");
    history.recordTyped("u", "before text");
    const once = history.bias;
    assert.equal(once, 0.5 / (0.25 + 8));
    history.recordShown("u", "", "text", "text");
    history.recordDismissal();
    assert.ok(history.bias < once);
  });
});

describe("probabilities", () => {
  it("come out of log-odds", () => assert.equal(probabilityOf(0), 0.5));
});
