import assert from "node:assert/strict";
import type { Piece } from "../../../engine/backend/backend.ts";
import { piecesOf } from "../../../engine/backend/localBackend.ts";
import { confidentEnd } from "../../../engine/completion/confidence.ts";

const WORDS = ["re", "turn", " va", "lue", ";", "é"];
const decode = (tokens: Uint32Array) => [...tokens].map((id) => WORDS[id] ?? "").join("");
const pieces = (tokens: number[], probabilities: number[], forced = "") =>
  piecesOf({ tokens: Uint32Array.from(tokens), probabilities: Float32Array.from(probabilities) }, forced, decode).map(
    ({ end, probability }) => [end, probability],
  );

describe("the pieces of a generated text", () => {
  it("end where their tokens do, each with its probability", () => {
    assert.deepEqual(pieces([0, 1, 2], [0.5, 0.25, 1]), [
      [2, 0.5],
      [6, 0.25],
      [9, 1],
    ]);
  });

  it("begin behind what the generation was forced to say", () => {
    assert.deepEqual(pieces([2, 3], [0.5, 0.25], " v"), [
      [1, 0.5],
      [4, 0.25],
    ]);
    assert.deepEqual(pieces([0, 1], [0.5], "re"), [[4, 0.5]]);
  });

  it("are certain where nothing was computed", () => {
    assert.deepEqual(pieces([0, 1], [0.5]), [
      [2, 0.5],
      [6, 1],
    ]);
  });
});

describe("a text", () => {
  const of = (...probabilities: number[]): Piece[] =>
    probabilities.map((probability, index) => ({ end: 3 * (index + 1), probability }));
  const rows: [probabilities: number[], typed: number, part: number, whole: number, end: number][] = [
    [[0.9, 0.9, 0.9], 0, 0.5, 0.5, 9],
    [[0.9, 0.6, 0.6], 0, 0.5, 0.5, 6],
    [[0.4, 1, 1], 0, 0.5, 0.5, 0],
    // The first piece has been typed, so its probability no longer counts.
    [[0.4, 1, 1], 3, 0.5, 0.5, 9],
    // In the middle of a piece it still counts.
    [[0.4, 1, 1], 2, 0.5, 0.5, 2],
    [[0.1, 0.1, 0.1], 0, 0, 0, 9],
    [[], 0, 0.5, 0.5, 9],
    // The whole text may be less certain than its beginning.
    [[0.9, 0.6, 0.6], 0, 0.5, 0.3, 9],
    [[0.4, 1, 1], 0, 0.5, 0.3, 9],
    [[0.9, 0.6, 0.5], 0, 0.5, 0.3, 6],
    [[0.2, 0.9, 0.5], 3, 0.5, 0.3, 9],
  ];
  for (const [probabilities, typed, part, whole, end] of rows) {
    const least = `a least confidence of ${part} and ${whole}`;
    it(`of pieces ${probabilities.join(", ")} with ${typed} typed and ${least} ends at ${end}`, () => {
      assert.equal(confidentEnd(of(...probabilities), 9, typed, { forCutText: part, forWholeText: whole }), end);
    });
  }
});
