import assert from "node:assert/strict";
import { codePrompt, fenced } from "../../../engine/prompt/codePrompt.ts";
import type { CodeContext } from "../../../engine/protocol/tasks.ts";

const count = (text: string) => text.length;
const LINES = [
  'import { a } from "a";',
  "",
  ...Array.from({ length: 20 }, (_, index) => `before(${index});`),
  "function f() {",
  "  return a;",
  "}",
  ...Array.from({ length: 20 }, (_, index) => `after(${index});`),
];
const CODE: CodeContext = {
  path: "src/a.ts",
  languageId: "typescript",
  text: LINES.join("\n"),
  selection: { start: 23, end: 24 },
  symbols: [],
} as unknown as CodeContext;
const FOCUS = { start: 22, end: 25 };

describe("the code that a command is about", () => {
  it("is the whole file where there is room, then the part, then the instruction", () => {
    const { text, leftOut } = codePrompt(CODE, FOCUS, "Explain.", 10_000, count);
    assert.ok(text.startsWith('File src/a.ts:\n```typescript\nimport { a } from "a";'));
    assert.ok(text.endsWith("This part of it:\n```typescript\nfunction f() {\n  return a;\n}\n```\nExplain."));
    assert.equal(leftOut, "");
  });

  it("is the imports and what is near, where there is not, and says how much it leaves out", () => {
    const { text, leftOut } = codePrompt(CODE, FOCUS, "Explain.", 200, count);
    assert.ok(text.includes('import { a } from "a";\n...\n'));
    assert.ok(text.includes("before(19);\nfunction f() {") && !text.includes("before(0);"));
    assert.match(leftOut, /^\d+ of 45 lines of src\/a\.ts$/);
  });

  it("shows the part whole however little room there is", () => {
    assert.ok(codePrompt(CODE, FOCUS, "Explain.", 1, count).text.includes("function f() {\n  return a;\n}"));
  });

  it("is said once where the part is the whole file", () => {
    const whole = codePrompt(CODE, { start: 0, end: LINES.length }, "Explain.", 10_000, count);
    assert.ok(!whole.text.includes("This part of it"));
  });

  it("stands in a fence longer than any inside", () => {
    assert.equal(fenced("markdown", "a\n````\nb"), "`````markdown\na\n````\nb\n`````");
    assert.equal(fenced("c", "a"), "```c\na\n```");
  });
});
