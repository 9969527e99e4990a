import assert from "node:assert/strict";
import { heal, isSpaceAfterText, isWord } from "../../../engine/prompt/tokenHealing.ts";

/** A tokenizer of bytes with a few words: only the ends of characters matter here. */
const TEXTS = new Map<number, number[]>([[1000, [...Buffer.from(" value")]]]);
const decode = (tokens: Uint32Array) =>
  Buffer.from([...tokens].flatMap((token) => TEXTS.get(token) ?? [token])).toString("utf8");
const bytes = (text: string) => Uint32Array.from(Buffer.from(text));

describe("token healing", () => {
  const always = () => true;
  const cases = [
    { name: "takes the last token", text: "a b", tokens: bytes("a b"), left: "a ", forced: "b" },
    {
      name: "takes a word of one token",
      text: "a value",
      tokens: Uint32Array.of(97, 1000),
      left: "a",
      forced: " value",
    },
    { name: "takes a whole character of several tokens", text: "aé", tokens: bytes("aé"), left: "a", forced: "é" },
    { name: "takes an emoji", text: "x😀", tokens: bytes("x😀"), left: "x", forced: "😀" },
    { name: "leaves an empty text", text: "", tokens: bytes(""), left: "", forced: "" },
  ];
  for (const { name, text, tokens, left, forced } of cases) {
    it(name, () => {
      const healed = heal(text, tokens, decode, always);
      assert.deepEqual([decode(healed.tokens), healed.forced], [left, forced]);
    });
  }

  it("leaves what is not wanted", () => {
    assert.deepEqual(heal("a(", bytes("a("), decode, isWord), { tokens: bytes("a("), forced: "" });
  });

  it("leaves text that is itself a replacement character", () => {
    assert.equal(heal("a\uFFFD", bytes("a\uFFFD"), decode, always).forced, "");
  });

  it("knows words, and the space after text", () => {
    assert.deepEqual(["value", " x1", "_", "$", "größe", "(", ");", "\n"].map(isWord), [
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    assert.equal(isSpaceAfterText(" ", "return"), true);
    assert.equal(isSpaceAfterText(" ", "\n"), false);
    assert.equal(isSpaceAfterText("  ", "return"), false);
  });
});
