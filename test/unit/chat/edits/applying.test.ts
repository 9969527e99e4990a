import assert from "node:assert/strict";
import { applyTo } from "../../../../engine/chat/edits/applyTarget.ts";
import { subjectsOf, subjectsOfAnswer } from "../../../../engine/chat/subjects.ts";
import type { CodeContext } from "../../../../engine/protocol/tasks.ts";

const FILE = `import { tax } from "./tax";

export class Cart {
  total() {
    return this.items.length * tax;
  }

  first() {
    return this.items[0];
  }
}

export function empty() {
  return new Cart();
}
`;
const LINES = FILE.split("\n");

/** The file with a cursor, or a selection of lines, at a line that contains this text. */
function contextOf(text: string, lines = 0, file = FILE): CodeContext {
  const start = file.split("\n").findIndex((line) => line.includes(text));
  const symbols = [
    { name: "Cart", start: 2, end: 11, isBlock: true },
    { name: "total", start: 3, end: 6, isBlock: true },
    { name: "first", start: 7, end: 10, isBlock: true },
    { name: "empty", start: 12, end: 15, isBlock: true },
  ].filter((symbol) => symbol.start <= start && symbol.end > start);
  return {
    path: "cart.ts",
    languageId: "typescript",
    text: file,
    selection: { start, end: start + lines },
    symbols: file === FILE ? symbols : [],
    indent: 2,
  };
}

function applied(code: CodeContext, text: string, asked?: string): string {
  const { target, ...parsed } = applyTo(code, text, asked);
  if (parsed.kind === "refused") return `refused: ${parsed.reason}`;
  const lines = code.text.split("\n");
  const isNew = target.start === target.end;
  lines.splice(target.start, target.end - target.start, ...parsed.text.split("\n"));
  return isNew ? `${lines.join("\n")} (new)` : lines.join("\n");
}

describe("code of an answer is applied", () => {
  const total = "total() {\n  return this.items.reduce(sum, 0) * tax;\n}";
  const changedTotal = FILE.replace("return this.items.length * tax;", "return this.items.reduce(sum, 0) * tax;");

  it("to the function with the cursor", () =>
    assert.equal(applied(contextOf("this.items.length"), total), changedTotal));
  it("to the selection", () => assert.equal(applied(contextOf("total()", 3), total), changedTotal));
  it("to the whole file, wherever the cursor is", () => {
    for (const place of ["this.items.length", "items[0]", "new Cart", "import"]) {
      assert.equal(applied(contextOf(place), changedTotal), changedTotal);
      assert.equal(applied(contextOf(place), changedTotal.trimEnd()), changedTotal);
    }
  });
  it("to the whole file, whose first and last lines are nothing but signs", () => {
    const art = "# .-. .-.\n# '-' '-'\n\n__title__ = 'a'\n__version__ = '1'\n\n# ----\n";
    const code = { ...contextOf("__version__", 0, art), languageId: "python" };
    const answer = art.replace("'1'", "'2'");
    assert.equal(applied(code, answer), answer);
  });
  it("to the whole file, with a selection", () =>
    assert.equal(applied(contextOf("total()", 3), changedTotal), changedTotal));
  it("to the class, with the cursor in a method of it", () => {
    const answer = changedTotal.split("\n").slice(2, 11).join("\n");
    assert.equal(applied(contextOf("items[0]"), answer), changedTotal);
  });
  it("to a file whose head the answer leaves out", () => {
    const answer = changedTotal.split("\n").slice(2).join("\n");
    assert.equal(applied(contextOf("items[0]"), answer), changedTotal);
  });
  it("to a file whose end the answer leaves out", () => {
    const answer = changedTotal.split("\n").slice(0, 11).join("\n");
    assert.equal(applied(contextOf("items[0]"), answer), changedTotal);
  });
  it("not to a file whose head or end it leaves out just where the cursor is", () => {
    const head = changedTotal.split("\n").slice(0, 11).join("\n");
    const end = changedTotal.split("\n").slice(2).join("\n");
    for (const [place, answer] of [
      ["new Cart", head],
      ["export function empty", head],
      ["import", end],
    ] as const) {
      assert.match(applied(contextOf(place), answer), /^refused: It ends at the cursor.*select the lines/);
    }
  });
  it("to the whole file, with the brackets of a group that goes", () => {
    const file = 'package a\n\nimport "io"\n\ntype (\n\tB interface {\n\t\tC() io.Writer\n\t\tD()\n\t}\n)\n';
    const code = { ...contextOf("type (", 0, file), languageId: "go", indent: "tab" } as const;
    const answer = 'package a\n\nimport "io"\n\ntype B interface {\n\tC() io.Writer\n\tD()\n}\n';
    assert.equal(applied(code, answer), answer);
  });
  it("without imports that the file has already", () => {
    const answer = `import { tax } from "./tax";\n\n${total}`;
    assert.equal(applied(contextOf("this.items.length"), answer), changedTotal);
  });
  it("to the lines that were asked about, wherever the cursor is and though they have moved", () => {
    const asked = LINES.slice(3, 6).join("\n");
    const moved = FILE.replace("import", "// new\n\nimport");
    const code = contextOf("new Cart", 0, moved);
    assert.equal(
      applied(code, total, asked),
      moved.replace("return this.items.length * tax;", "return this.items.reduce(sum, 0) * tax;"),
    );
  });
  it("to the block that it is of, with the cursor in another one", () => {
    const file = "def one():\n    return first(1)\n\n\ndef two():\n    return second(2)\n";
    const code = { ...contextOf("first", 0, file), languageId: "python", indent: 4 } as const;
    const answer = "def two():\n    log()\n    return second(2)";
    assert.equal(applied(code, answer), file.replace("    return second", "    log()\n    return second"));
  });
  it("beside the function with the cursor when it is another function", () => {
    const result = applied(contextOf("new Cart"), "export function full() {\n  return filled(9);\n}");
    assert.ok(result.endsWith(" (new)") && result.includes("new Cart();\n}\n\nexport function full"), result);
  });
  it("not at all when it is of several places", () => {
    const answer = "  total() {\n    return 1;\n  }\n\nexport function empty() {\n  return undefined;\n}";
    assert.match(applied(contextOf("items[0]"), answer), /^refused: .*several places/);
  });
  it("to the whole file, with most of it commented out", () => {
    const file = "package a\n\nimport b\nimport c\n\nfun f() {\n    b()\n}\n\nfun g() {\n    c()\n}\n";
    const answer = `package a\n\n${file
      .trimEnd()
      .split("\n")
      .slice(2)
      .map((line) => `//${line}`)
      .join("\n")}\n`;
    assert.equal(applied({ ...contextOf("import b", 0, file), languageId: "kotlin" }, answer), answer);
  });
  it("to the selection, though the file has many lines like those of the answer", () => {
    const test = (name: string) => `  it '${name}' do\n    expect(<<~RUBY)\n      a\n    RUBY\n  end\n`;
    const file = `describe 'a' do\n${["b", "c", "d", "e", "f", "g"].map(test).join("\n")}end\n`;
    const lines = file.split("\n");
    const end = lines.lastIndexOf("  end");
    const code = { ...contextOf("  end", 1, file), languageId: "ruby", selection: { start: end, end: end + 1 } };
    const answer = `  end\n\n${["h", "i", "j"].map(test).join("\n")}`.trimEnd();
    const expected = [...lines.slice(0, end), ...answer.split("\n"), ...lines.slice(end + 1)].join("\n");
    assert.equal(applied(code, answer), expected);
  });
  it("not where it has code above the lines of another block", () => {
    const file =
      "<A>\n  <b>c</b>\n</A>\n\n<p>\n  <i>d</i>\n  <b>e</b>\n  <i>f</i>\n</p>\n\n<script>\n  g();\n  hhhh();\n</script>\n";
    const answer = "<Editor :article/>\n\n<script>\n  g();\n  hhhh();\n</script>\n";
    assert.match(applied({ ...contextOf("<b>c", 0, file), languageId: "html" }, answer), /^refused/);
  });
  it("to a file of one line", () => {
    assert.equal(applied({ ...contextOf("1.0", 0, "1.0.2\n"), languageId: "plaintext" }, "1.0.3"), "1.0.3\n");
  });
  it("to the selection, though the answer goes on with lines that stand elsewhere", () => {
    const answer =
      "first() {\n  return this.items[0];\n}\n\nlast() {\n  return this.items.at(-1);\n}\n\nempty() {\n  return new Cart();\n}";
    const result = applied(contextOf("first()", 3), answer);
    for (const line of LINES) assert.ok(result.includes(line.trim()), result);
  });
  it("not when it leaves parts out", () => {
    const answer =
      'import { tax } from "./tax";\n\nexport class Cart {\n  // ... existing code\n}\n\nexport function empty() {\n  return new Cart();\n}';
    assert.match(applied(contextOf("items[0]"), answer), /^refused/);
  });
  it("with the blocks of code in it, when it is text", () => {
    const file = "# A\n\nOld.\n\n# B\n";
    const code = { ...contextOf("Old", 1, file), languageId: "markdown" };
    assert.equal(
      applied(code, "```sh\na\n```\n\nNew.\n\n```\nb\n```"),
      "# A\n\n```sh\na\n```\n\nNew.\n\n```\nb\n```\n\n# B\n",
    );
  });
});

describe("what an answer is about", () => {
  const selection = {
    kind: "selection",
    label: "a.ts:1",
    path: "src/a.ts",
    languageId: "typescript",
    text: "a();",
  } as const;
  const question = (id: number, about?: { path: string; text: string }[]) => ({
    id,
    role: "user" as const,
    text: "",
    state: "done" as const,
    note: "",
    attached: [],
    modelText: "",
    ...(about && { about }),
  });

  it("are the files of its question, and the lines in question", () => {
    const terminal = { ...selection, kind: "terminal", path: "" } as const;
    assert.deepEqual(subjectsOf({ type: "ask", text: "", attachments: [selection, terminal] }), [
      { path: "src/a.ts", text: "a();" },
    ]);
    const code = { ...contextOf("total()", 3) };
    assert.deepEqual(subjectsOf({ type: "ask", text: "", attachments: [], code }), [
      { path: "cart.ts", text: LINES.slice(3, 6).join("\n") },
    ]);
  });
  it("are those of the question before, where a question has none", () => {
    const about = [{ path: "a.ts", text: "" }];
    const turns = [question(1, about), question(3, []), question(5, [{ path: "b.ts", text: "" }])];
    const conversation = { id: "c", title: "", created: 0, updated: 0, foldedUpTo: 0, turns };
    assert.deepEqual(subjectsOfAnswer(conversation, 2), about);
    assert.deepEqual(subjectsOfAnswer(conversation, 4), about);
    assert.deepEqual(subjectsOfAnswer(conversation, 6), [{ path: "b.ts", text: "" }]);
    assert.deepEqual(subjectsOfAnswer({ ...conversation, turns: [question(1)] }, 2), []);
  });
});
