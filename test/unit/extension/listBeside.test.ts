import assert from "node:assert/strict";
import type { CompleteResult } from "../../../engine/protocol/completion.ts";
import { ListBeside } from "../../../extension/inline/listBeside.ts";

const URI = "file:///a.py";
const TIMES = { totalMs: 1, debounceMs: 0, queueMs: 0, prefillMs: 0, decodeMs: 0 };
const TIMINGS = { ...TIMES, promptTokens: 0, cachedTokens: 0, prefilledTokens: 0, decodedTokens: 0 };
const START = 10;

function suggestion(
  text: string,
  opensList?: { from: number; to: number },
): Extract<CompleteResult, { kind: "shown" }> {
  return { kind: "shown", source: "model", text, replaceLength: 0, timings: TIMINGS, ...(opensList && { opensList }) };
}

const insertion = (rangeOffset: number, text: string) => [{ rangeOffset, rangeLength: 0, text }];

/** The list beside a suggestion of which the last five letters, from "r" on, finish a word. */
function setup(text = "a.products", opensList: { from: number; to: number } | undefined = { from: 5, to: 9 }) {
  const beside = new ListBeside();
  beside.asked(false);
  beside.shown(URI, START, suggestion(text, opensList));
  let offset = START;
  /** Types keys. @returns those at which the list is opened, by their number. */
  const type = (keys: string) =>
    [...keys].flatMap((key, index) => (beside.changed(URI, insertion(offset++, key)) ? [index + 1] : []));
  return { beside, type };
}

describe("VS Code's list beside a suggestion", () => {
  it("is opened once, at the first key after which only the end of a word is left", () => {
    assert.deepEqual(setup().type("a.products"), [5]);
  });

  it("is opened when that key comes after others that VS Code has asked about", () => {
    const { beside, type } = setup();
    assert.deepEqual(type("a.pr"), []);
    beside.asked(false);
    beside.shown(URI, START + 4, suggestion("oducts", { from: 1, to: 5 }));
    assert.deepEqual(type("oduc"), [1]);
    beside.asked(false);
    beside.shown(URI, START + 8, suggestion("ts", { from: 1, to: 1 }));
    assert.deepEqual(type("t"), [], "it is there, or on its way");
  });

  it("is not opened where it is open already, and is again at the key after it was closed", () => {
    const { beside, type } = setup();
    type("a.pr");
    beside.asked(true);
    beside.shown(URI, START + 4, suggestion("oducts", { from: 1, to: 5 }));
    assert.deepEqual(type("od"), []);
    beside.asked(false);
    beside.shown(URI, START + 6, suggestion("ucts", { from: 1, to: 3 }));
    assert.deepEqual(type("uc"), [1]);
    beside.asked(true);
    beside.asked(false);
    assert.deepEqual(type("t"), [1]);
  });

  const others: [what: string, before: (beside: ListBeside) => void][] = [
    ["another letter was typed", (beside) => beside.changed(URI, insertion(START, "x"))],
    ["it was typed elsewhere", (beside) => beside.changed(URI, insertion(START + 1, "a"))],
    ["more than a key was inserted", (beside) => beside.changed(URI, insertion(START, "a.p"))],
    ["text was replaced", (beside) => beside.changed(URI, [{ rangeOffset: START, rangeLength: 1, text: "a" }])],
    ["more was changed", (beside) => beside.changed(URI, [...insertion(START, "a"), ...insertion(0, "a")])],
    ["the suggestion went away", (beside) => beside.hidden()],
    ["it is in another document", (beside) => beside.shown("file:///b.py", START, suggestion("a.products"))],
    ["the engine did not say so", (beside) => beside.shown(URI, START, suggestion("a.products"))],
  ];
  for (const [what, before] of others) {
    it(`is not opened where ${what}`, () => {
      const { beside, type } = setup();
      before(beside);
      assert.deepEqual(type("a.products"), []);
    });
  }

  it("is not changed by what happens in other documents", () => {
    const { beside, type } = setup();
    assert.equal(beside.changed("file:///b.py", insertion(START, "x")), false);
    assert.equal(beside.changed(URI, []), false, "a document that was only saved");
    assert.deepEqual(type("a.prod"), [5]);
  });

  it("is not opened where nothing but what closes is left", () => {
    assert.deepEqual(setup("tal();", { from: 1, to: 2 }).type("tal();"), [1]);
    assert.deepEqual(setup("(al)", { from: 1, to: 2 }).type("(a"), [1]);
  });
});
