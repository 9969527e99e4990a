import assert from "node:assert/strict";
import { chooseWindow, isSameAnchor } from "../../../engine/prompt/prefixWindow.ts";

/** One token per character, so that budgets count characters. */
const encode = (text: string) => Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `line ${index + from}\n`).join("");
const textOf = ({ tokens }: { tokens: Uint32Array }) => String.fromCodePoint(...tokens);

describe("the window of the prefix", () => {
  it("is all of a text that fits", () => {
    const window = chooseWindow("a\nb", 0, 10, encode);
    assert.deepEqual([textOf(window), window.anchor], ["a\nb", { line: 0, column: 0, opening: "a\nb" }]);
  });

  it("begins at a line's start, with room to grow", () => {
    const text = lines(200);
    const window = chooseWindow(text, 0, 400, encode);
    assert.ok(window.tokens.length <= 300 && window.tokens.length >= 150, String(window.tokens.length));
    assert.ok(text.endsWith(`\n${textOf(window)}`));
    assert.equal(window.anchor.line % 4, 0);
  });

  it("stays where it began while what is typed fits, and then moves far ahead", () => {
    let text = lines(200);
    let window = chooseWindow(text, 0, 400, encode);
    const starts = new Set([window.anchor.line]);
    for (let line = 200; line < 240; line++) {
      text += `line ${line}\n`;
      const next = chooseWindow(text, 0, 400, encode, window.anchor);
      assert.ok(next.tokens.length <= 400);
      starts.add(next.anchor.line);
      window = next;
    }
    assert.ok(starts.size <= 4, [...starts].join());
  });

  it("follows its own text when lines come above", () => {
    const text = lines(200);
    const { anchor } = chooseWindow(text, 0, 400, encode);
    const moved = chooseWindow(`above\nabove\n${text}`, 0, 400, encode, anchor);
    assert.equal(moved.anchor.line, anchor.line + 2);
    assert.ok(isSameAnchor(moved.anchor, anchor));
  });

  it("is chosen anew when the cursor has left it", () => {
    const text = lines(200);
    const { anchor } = chooseWindow(text, 0, 400, encode);
    const earlier = chooseWindow(lines(40), 0, 400, encode, anchor);
    assert.ok(textOf(earlier).endsWith("line 39\n") && !isSameAnchor(earlier.anchor, anchor));
  });

  it("begins within a line that is too long alone, but not within a character", () => {
    const text = `${"\u{1F600}".repeat(300)}`;
    const window = chooseWindow(text, 7, 100, encode);
    assert.equal(window.anchor.line, 7);
    assert.ok(window.anchor.column > 0 && window.tokens.length <= 100 && window.tokens.length > 0);
    assert.ok(!textOf(window).includes("\uFFFD") && [...textOf(window)].every((one) => one === "\u{1F600}"));
  });
});
