import assert from "node:assert/strict";
import { affordablePrompt, promptBudget } from "../../../engine/prompt/budget.ts";
import { builtinFim } from "../../../engine/prompt/builtinFim.ts";
import type { CompletionProfile, PromptState } from "../../../engine/prompt/profile.ts";
import { cursorContext } from "../../../engine/text/cursor.ts";
import { chatTokenizer, commonPrefix, FakeTokenizer, FIM_SPECIALS, fimTokenizer } from "../support/fakeTokenizer.ts";

const BUDGET = promptBudget(512, 32, affordablePrompt(1000));

function context(text: string, offset: number) {
  return cursorContext({ path: "src/list.ts", languageId: "typescript", text }, offset);
}

function profileOf(tokenizer: FakeTokenizer): CompletionProfile {
  const profile = builtinFim(tokenizer);
  assert.ok(profile);
  return profile;
}

/**
 * Types a text character by character, and returns the tokens to prefill for each, given a cache of the last prompt.
 */
function typing(document: string, at: number, typed: string, after?: (text: string) => string): number[] {
  const tokenizer = fimTokenizer();
  const profile = profileOf(tokenizer);
  let state: PromptState | undefined;
  let last: Uint32Array | undefined;
  const costs: number[] = [];
  for (let length = 0; length <= typed.length; length++) {
    const text =
      document.slice(0, at) + typed.slice(0, length) + (after?.(typed.slice(0, length)) ?? "") + document.slice(at);
    const prompt = profile.build(context(text, at + length), BUDGET, state);
    if (last !== undefined) {
      costs.push(prompt.tokens.length - commonPrefix(last, prompt.tokens));
    }
    last = prompt.tokens;
    state = prompt.state;
  }
  return costs;
}

const FILE = Array.from({ length: 120 }, (_, line) => `  const value${line} = compute(${line}, "text");\n`).join("");
const MIDDLE = FILE.indexOf("  const value60");

describe("the fill-in-the-middle prompt", () => {
  it("has the layout of training", () => {
    const tokenizer = fimTokenizer();
    const text = "let a = 1;\nlet b = ;\nlet c = 3;\n";
    const prompt = profileOf(tokenizer).build(context(text, text.indexOf(" ;") + 1), BUDGET);
    assert.equal(tokenizer.show(prompt.tokens), "<0><6>src/list.ts\n<4>;\nlet c = 3;<3>let a = 1;\nlet b =<5>");
    assert.equal(prompt.forced, " ");
    assert.deepEqual([...prompt.stopTokens].sort(), [1, 2, 3, 4, 5, 6]);
  });

  it("heals a word, and a space after text, and only those", () => {
    const tokenizer = fimTokenizer();
    for (const [before, shown, forced] of [
      ["for (const x of ", "for (const x of", " "],
      ["for (const x of", "for (const x", " of"],
      ["for (const x of (", "for (const x of (", ""],
      ["a;\n  ", "a;\n  ", ""],
      ["a;\n ", "a;\n ", ""],
      ["a  ", "a  ", ""],
      [" ", " ", ""],
      ["", "", ""],
    ] as const) {
      const prompt = profileOf(tokenizer).build(context(`${before}\n`, before.length), BUDGET);
      assert.equal(tokenizer.show(prompt.tokens), `<0><6>src/list.ts\n<4><3>${shown}<5>`, JSON.stringify(before));
      assert.equal(prompt.forced, forced, JSON.stringify(before));
    }
  });

  it("leaves out the path and BOS where the vocabulary has none", () => {
    const tokenizer = new FakeTokenizer({ ...FIM_SPECIALS, bos: -1 });
    const prompt = profileOf(tokenizer).build(context("a;\ncd", 2), BUDGET);
    assert.equal(tokenizer.show(prompt.tokens), "<4>\ncd<3>a;<5>");
  });

  it("is not offered for a vocabulary without the markers", () => {
    assert.equal(builtinFim(chatTokenizer()), undefined);
  });

  it("fits the context of the model", () => {
    for (const contextLength of [128, 512, 2048]) {
      const tokenizer = fimTokenizer();
      const budget = promptBudget(contextLength, 32, 2048);
      const prompt = profileOf(tokenizer).build(context(FILE, MIDDLE), budget);
      assert.ok(prompt.tokens.length + 32 <= contextLength, `${prompt.tokens.length} tokens of ${contextLength}`);
      assert.ok(prompt.tokens.length > contextLength / 4 || contextLength > 1024);
    }
  });

  it("only appends while a line is typed: at most 4 tokens a keystroke", () => {
    const costs = typing(FILE, MIDDLE, "  const total = values.reduce((sum, value) => sum + value, 0);");
    assert.ok(Math.max(...costs) <= 4, `most tokens: ${Math.max(...costs)}`);
  });

  it("only appends at Enter", () => {
    const costs = typing(FILE, MIDDLE, "  first();\n  second();\n");
    assert.ok(Math.max(...costs) <= 4, `most tokens: ${Math.max(...costs)}`);
  });

  it("only appends while the editor closes brackets after the cursor", () => {
    const closers = (typed: string) => (typed.includes("(") ? ")\n" : "\n");
    const costs = typing(FILE, MIDDLE, "  first(second", closers);
    assert.ok(Math.max(...costs) <= 4, `most tokens: ${Math.max(...costs)}`);
  });

  it("only appends when Enter opens a block between brackets that the editor has closed", () => {
    const after = (typed: string) => (typed.includes("\n") ? "\n  }\n" : typed.includes("{") ? "}\n" : "\n");
    const costs = typing(FILE, MIDDLE, "  if (ready) {\n    first();", after);
    assert.ok(Math.max(...costs) <= 4, `most tokens: ${Math.max(...costs)}`);
  });

  it("keeps its beginning when lines are added above it", () => {
    const tokenizer = fimTokenizer();
    const profile = profileOf(tokenizer);
    const first = profile.build(context(FILE, MIDDLE), BUDGET);
    const added = "import one;\nimport two;\n";
    const second = profile.build(context(added + FILE, added.length + MIDDLE), BUDGET, first.state);
    assert.deepEqual(second.tokens, first.tokens);
    assert.equal(second.state.anchor.line, first.state.anchor.line + 2);
  });

  it("moves its beginning rarely while many lines are typed", () => {
    const costs = typing(FILE, MIDDLE, "  abc(1);\n".repeat(200));
    const moves = costs.filter((cost) => cost > 8).length;
    assert.ok(moves >= 1 && moves <= 20, `${moves} moves in ${costs.length} keystrokes`);
  });

  it("takes a new suffix when the rest of the line says something else", () => {
    const tokenizer = fimTokenizer();
    const profile = profileOf(tokenizer);
    const text = "const a = b + c;\nnext();\n";
    const end = profile.build(context(text, 16), BUDGET);
    const inside = profile.build(context(text, 10), BUDGET, end.state);
    assert.match(tokenizer.show(inside.tokens), /<4>b \+ c;\nnext\(\);<3>/);
  });

  it("takes a new suffix when the lines below change", () => {
    const tokenizer = fimTokenizer();
    const profile = profileOf(tokenizer);
    const first = profile.build(context("a\nb\n", 1), BUDGET);
    const second = profile.build(context("a\nc\n", 1), BUDGET, first.state);
    assert.match(tokenizer.show(second.tokens), /<4>\nc<3>/);
  });

  it("cuts the suffix at a line end within its budget", () => {
    const tokenizer = fimTokenizer();
    const prompt = profileOf(tokenizer).build(context(`\n${FILE}`, 0), BUDGET);
    const suffix = /<4>([\s\S]*)<3>/.exec(tokenizer.show(prompt.tokens))?.[1] ?? "";
    assert.ok(tokenizer.encode(suffix).length <= BUDGET.suffix);
    assert.ok(suffix.endsWith(";") && suffix.length > 100);
  });

  it("begins the prefix at a line start, and inside an overlong line only", () => {
    const tokenizer = fimTokenizer();
    const profile = profileOf(tokenizer);
    const lines = profile.build(context(FILE, MIDDLE), BUDGET);
    assert.match(tokenizer.show(lines.tokens), /<3> {2}const value\d+ = /);
    const long = `first();\n${"abcdef ".repeat(5000)}`;
    const cut = profile.build(context(long, long.length), BUDGET);
    assert.ok(cut.tokens.length <= 480 && cut.tokens.length > 200);
    assert.equal(cut.state.anchor.line, 1);
    assert.equal(cut.state.anchor.column % 64, 0);
  });

  it("drops leading folders of a long path", () => {
    const tokenizer = fimTokenizer();
    const text = "x";
    const path = `${"folder/".repeat(40)}deep/name.ts`;
    const prompt = profileOf(tokenizer).build(cursorContext({ path, languageId: "typescript", text }, 1), BUDGET);
    const shown = /<6>([\s\S]*)\n<4>/.exec(tokenizer.show(prompt.tokens))?.[1] ?? "";
    assert.ok(shown.endsWith("folder/deep/name.ts"));
    assert.ok(tokenizer.encode(`${shown}\n`).length <= 32);
  });
});
