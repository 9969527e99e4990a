import assert from "node:assert/strict";
import { confidentEnd } from "../../../engine/completion/confidence.ts";
import { copyFor } from "../../../engine/completion/copies.ts";
import { contextAt } from "../support/marked.ts";

/** [document with ^ at the cursor, the rest of the line that is copied, texts of other documents] */
const CASES: [what: string, marked: string, text: string | undefined, others?: string[]][] = [
  ["the line above", "this.first = first;\nthis.^", "first = first;"],
  ["a line below the cursor", "this.^\nthis.first = first;", "first = first;"],
  ["the rest of a word", "const total = 0;\nreturn tot^", "al = 0;"],
  ["another document", "import { re^", 'adFile } from "node:fs";', ['import { readFile } from "node:fs";\n']],
  ["a document with Windows line ends", "return th^", "is.total;", ["x\r\nreturn this.total;\r\n"]],
  ["a line that begins as the one before it did", "x;\na:\n  break;\ny;\na:\n  ^", "break;"],
  ["nothing at the end of a line", "call(a);\ncall(b);\ncall(a);^", undefined],
  ["nothing where the text stands nowhere", "const a = 1;\nlet b^", undefined],
  ["nothing before other text", "this.first = first;\nthis.^ + 1", undefined],
  ["nothing at the beginning", "^", undefined],
  ["behind an opening bracket", "call(value, other);\ncall(^)", "value, other);"],
  ["words beyond ASCII", 'greet("Grüß dich");\ngreet("Gr^")', 'üß dich");'],
];

describe("a copy is", () => {
  for (const [what, marked, text, others = []] of CASES) {
    it(what, () => assert.equal(copyFor(contextAt(marked), others)?.text, text));
  }

  it("what most of the places go on with", () => {
    const copy = copyFor(contextAt("a.push(1);\na.push(1);\na.push(2);\na.pu^"), []);
    assert.equal(copy?.text, "sh(1);");
  });

  it("likelier, the more places agree and the more text before them does", () => {
    const sureness = (marked: string) => copyFor(contextAt(marked), [])?.pieces[0]?.probability ?? 0;
    const one = sureness("x = first;\ny = fi^");
    const longer = sureness("const value = first;\nconst value = fi^");
    const two = sureness("a = first;\nb = first;\nc = fi^");
    const torn = sureness("a = first;\nb = find;\nd = fixed;\nc = fi^");
    assert.ok(longer > one && two > one && torn < one, `${longer} ${two} ${one} ${torn}`);
  });

  it("given with pieces that end where its words do", () => {
    const copy = copyFor(contextAt("this.first = first;\nthis.^"), []);
    assert.ok(copy !== undefined);
    assert.deepEqual(
      copy.pieces.map(({ end }) => copy.text.slice(0, end)),
      ["first", "first =", "first = first", "first = first;"],
    );
    assert.ok(confidentEnd(copy.pieces, copy.text.length, 0, { forCutText: 0.99, forWholeText: 0.99 }) === 0);
  });

  it("found in the last half million characters of the documents, and not looked for in more of them", () => {
    const filler = "let value;\n".repeat(50_000);
    const line = "const found = compute(1);\n";
    const copyOf = (...others: string[]) => copyFor(contextAt("const fo^"), others)?.text;
    assert.ok(filler.length > 512 * 1024);
    assert.equal(copyOf(filler + line), "und = compute(1);");
    assert.equal(copyOf(line + filler), undefined);
    assert.equal(copyOf(filler, line), undefined);
    assert.equal(copyOf(filler.slice(0, 500_000), line), "und = compute(1);");
  });
});
