import assert from "node:assert/strict";
import { cursorContext, lineBefore } from "../../../engine/text/cursor.ts";

/** The context at the mark ^ of a text. */
function contextOf(marked: string) {
  const offset = marked.indexOf("^");
  const text = marked.replace("^", "");
  return cursorContext({ path: "a.ts", languageId: "typescript", text }, offset);
}

describe("the text round the cursor", () => {
  const cases = [
    { text: "a\nb^c\nd\n", prefix: "a\nb", rest: "c", below: "d\n" },
    { text: "a\r\nb^c\r\nd\r\n", prefix: "a\nb", rest: "c", below: "d\n" },
    { text: "a\r\nb^\r\nd", prefix: "a\nb", rest: "", below: "d" },
    { text: "a\r^\nb", prefix: "a", rest: "", below: "b" },
    { text: "^", prefix: "", rest: "", below: undefined },
    { text: "a\n^", prefix: "a\n", rest: "", below: undefined },
    { text: "a^\n", prefix: "a", rest: "", below: "" },
  ];
  for (const { text, prefix, rest, below } of cases) {
    it(`of ${JSON.stringify(text)}`, () => {
      const context = contextOf(text);
      assert.deepEqual([context.prefix, context.restOfLine, context.below], [prefix, rest, below]);
      assert.equal(context.prefixLine, 0);
    });
  }

  it("reaches a bounded way back in a huge file, from a line start whose number it knows", () => {
    const lines = Array.from({ length: 20_000 }, (_, line) => `line ${line}`);
    const text = lines.join("\n");
    const context = cursorContext({ path: "a", languageId: "b", text }, text.length);
    assert.ok(context.prefix.length > 63 * 1024 && context.prefix.length <= 96 * 1024, `${context.prefix.length}`);
    assert.ok(context.prefix.startsWith(`line ${context.prefixLine}\n`));
  });

  it("begins at the same line of a huge file while one types", () => {
    const text = `${Array.from({ length: 20_000 }, (_, line) => `line ${line}`).join("\n")}\nlet total = sum + tax;`;
    const starts = Array.from({ length: 20 }, (_, typed) => {
      const length = text.length - 20 + typed;
      return cursorContext({ path: "a", languageId: "b", text: text.slice(0, length) }, length).prefixLine;
    });
    assert.equal(new Set(starts).size, 1);
    assert.ok((starts[0] ?? 0) > 0);
  });

  it("clamps an offset outside the text", () => {
    assert.equal(cursorContext({ path: "a", languageId: "b", text: "ab" }, 99).prefix, "ab");
    assert.equal(lineBefore("a\n  b"), "  b");
  });
});
