import assert from "node:assert/strict";
import { promptBudget } from "../../../engine/prompt/budget.ts";
import { continuation } from "../../../engine/prompt/continuation.ts";
import { cursorContext } from "../../../engine/text/cursor.ts";
import { chatTokenizer, commonPrefix } from "../support/fakeTokenizer.ts";

const BUDGET = promptBudget(4096, 32, 512);

function build(marked: string, languageId: string, path: string) {
  const tokenizer = chatTokenizer();
  const context = cursorContext({ path, languageId, text: marked.replace("^", "") }, marked.indexOf("^"));
  const prompt = continuation(tokenizer).build(context, BUDGET);
  return { ...prompt, shown: tokenizer.show(prompt.tokens) };
}

describe("the left-to-right prompt", () => {
  const cases = [
    { text: "let a =^ 1;\nlet b;", language: "typescript", path: "a/b.ts", expected: "<0>// a/b.ts\nlet a =" },
    { text: "def f():\n  return (^", language: "python", path: "f.py", expected: "<0># f.py\ndef f():\n  return (" },
    { text: "<p>^", language: "html", path: "f.html", expected: "<0><!-- f.html -->\n<p>" },
    { text: "a;^", language: "something-new", path: "f", expected: "<0>// f\na;" },
  ];
  for (const { text, language, path, expected } of cases) {
    it(`in ${language}`, () => {
      assert.equal(build(text, language, path).shown, expected);
    });
  }

  it("heals words and white space before the cursor", () => {
    for (const [marked, rest, forced] of [
      ["  return ^", "  return", " "],
      ["  return x^", "  return", " x"],
      ["f:\n    ^", "f:\n", "    "],
    ] as const) {
      const prompt = build(marked, "python", "f.py");
      assert.deepEqual([prompt.shown, prompt.forced], [`<0># f.py\n${rest}`, forced]);
    }
  });

  it("stops at both ends of a turn", () => {
    assert.deepEqual([...build("a^", "python", "f").stopTokens], [1, 2]);
  });

  it("only appends while a line is typed", () => {
    const tokenizer = chatTokenizer();
    const profile = continuation(tokenizer);
    const before = "let value = compute(1);\n".repeat(300);
    const typed = "const total = sum(values, 0);\n";
    let last = profile.build(
      cursorContext({ path: "a.ts", languageId: "typescript", text: before }, before.length),
      BUDGET,
    );
    for (let length = 1; length <= typed.length; length++) {
      const text = before + typed.slice(0, length);
      const context = cursorContext({ path: "a.ts", languageId: "typescript", text }, text.length);
      const next = profile.build(context, BUDGET, last.state);
      const fresh = next.tokens.length - commonPrefix(last.tokens, next.tokens);
      assert.ok(fresh <= 3, `${fresh} tokens after ${JSON.stringify(typed.slice(0, length))}`);
      last = next;
    }
  });

  it("asks a large model for a bounded prompt", () => {
    const text = "let value = compute(1);\n".repeat(3000);
    assert.ok(build(`${text}^`, "typescript", "a.ts").tokens.length <= 512);
  });
});
