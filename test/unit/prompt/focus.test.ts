import assert from "node:assert/strict";
import { codePrompt, fenced } from "../../../engine/prompt/codePrompt.ts";
import { focusOf } from "../../../engine/prompt/focus.ts";
import type { TaskName } from "../../../engine/protocol/conversations.ts";
import type { CodeContext } from "../../../engine/protocol/tasks.ts";

const TEXT = `import a from "a";

class Cart {
  add(item) {
    this.items.push(item);

    return this;
  }

}

function total(items) {
  return 1;
}
`;
const ADD = { name: "add", start: 3, end: 8, isBlock: true };
const CART = { name: "Cart", start: 2, end: 10, isBlock: true };
const ITEMS = { name: "items", start: 4, end: 5, isBlock: false };

function contextOf(start: number, end = start, symbols: CodeContext["symbols"] = [], text = TEXT): CodeContext {
  return { path: "cart.js", languageId: "javascript", text, selection: { start, end }, symbols, indent: 2 };
}

describe("what a command is about", () => {
  const cases: [string, TaskName, CodeContext, [number, number] | undefined][] = [
    ["the selection, without blank lines at its ends", "edit", contextOf(1, 9, [CART]), [2, 8]],
    [
      "the innermost symbol round the cursor that stands for itself",
      "refactor",
      contextOf(4, 4, [CART, ADD, ITEMS]),
      [3, 8],
    ],
    ["without symbols, the block round the cursor", "explain", contextOf(4), [2, 10]],
    ["the block above a blank line", "explain", contextOf(10), [2, 10]],
    ["the block at the end", "explain", contextOf(12), [11, 14]],
    ["for a fix, the symbol when it is short", "fix", contextOf(4, 5, [CART, ADD]), [3, 8]],
    [
      "for a fix, the lines near it when it is not",
      "fix",
      contextOf(50, 51, [{ ...CART, end: 100 }], "x\n".repeat(100)),
      [42, 59],
    ],
    ["nothing in an empty file", "explain", contextOf(0, 0, [], "\n\n"), undefined],
    ["nothing in a selection of blank lines", "edit", contextOf(1, 2), undefined],
    ["lines that are there", "edit", contextOf(12, 99), [12, 14]],
  ];
  for (const [what, task, code, expected] of cases) {
    it(what, () => {
      const focus = focusOf(task, code);
      assert.deepEqual(focus && [focus.start, focus.end], expected);
    });
  }
});

describe("code in a prompt", () => {
  const count = (text: string) => text.length;

  it("comes with the whole file first, then the part, then the instruction", () => {
    const { text, leftOut } = codePrompt(contextOf(3, 8), { start: 11, end: 14 }, "Do it.", 10_000, count);
    assert.match(text, /^File cart\.js:\n```javascript\nimport a/);
    assert.match(
      text,
      /\nThis part of it:\n```javascript\nfunction total\(items\) \{\n {2}return 1;\n\}\n```\nDo it\.$/,
    );
    assert.equal(leftOut, "");
  });
  it("is not told twice when the part is all", () => {
    const { text } = codePrompt(contextOf(0, 1, [], "let a;\n"), { start: 0, end: 1 }, "Do it.", 1000, count);
    assert.equal(text, "File cart.js:\n```javascript\nlet a;\n```\nDo it.");
  });
  it("is the imports and the symbol of a file that is too long, and says what is left out", () => {
    const long = `${TEXT}${"// more\n".repeat(100)}`;
    const { text, leftOut } = codePrompt(contextOf(4, 5, [CART], long), { start: 4, end: 5 }, "Do it.", 200, count);
    assert.match(text, /^File cart\.js:\n```javascript\nimport a from "a";\n\.\.\.\nclass Cart/);
    assert.ok(!text.includes("more") && !text.includes("total"));
    assert.match(leftOut, /^\d+ of 115 lines of cart\.js$/);
  });
  it("has the same beginning for two commands on the same place", () => {
    const one = codePrompt(contextOf(3), { start: 3, end: 8 }, "Explain it.", 10_000, count).text;
    const two = codePrompt(contextOf(3), { start: 3, end: 8 }, "Rewrite it.", 10_000, count).text;
    assert.equal(one.slice(0, -"Explain it.".length), two.slice(0, -"Rewrite it.".length));
  });
  it("cannot close its own fence", () => {
    assert.equal(fenced("markdown", "```js\na\n```"), "````markdown\n```js\na\n```\n````");
  });
});
