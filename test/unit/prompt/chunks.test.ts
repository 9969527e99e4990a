import assert from "node:assert/strict";
import { promptBudget } from "../../../engine/prompt/budget.ts";
import { builtinFim } from "../../../engine/prompt/builtinFim.ts";
import { chunkTokens, type PromptChunk } from "../../../engine/prompt/chunks.ts";
import { continuation } from "../../../engine/prompt/continuation.ts";
import type { PromptState } from "../../../engine/prompt/profile.ts";
import { cursorContext } from "../../../engine/text/cursor.ts";
import { chatTokenizer, commonPrefix, fimTokenizer } from "../support/fakeTokenizer.ts";

const chunk = (path: string, text: string): PromptChunk => ({ path, languageId: "typescript", text });
const LONG = promptBudget(4096, 32, 2048);

function context(text: string, offset = text.length) {
  return cursorContext({ path: "here.ts", languageId: "typescript", text }, offset);
}

describe("pieces of other files in a prompt", () => {
  const encode = ({ text }: PromptChunk) => Uint32Array.from(text, Number);

  it("are as many as fit, the newest first of all, and last", () => {
    const nearChunks = () => [chunk("a", "11"), chunk("b", "22222"), chunk("c", "333")];
    assert.deepEqual([...chunkTokens(nearChunks, 5, encode)], [1, 1, 3, 3, 3]);
    assert.deepEqual([...chunkTokens(nearChunks, 8, encode)], [2, 2, 2, 2, 2, 3, 3, 3]);
  });

  it("are not even looked for where there is no room", () => {
    const never = () => assert.fail("asked for");
    assert.equal(chunkTokens(never, 0, encode).length, 0);
    assert.equal(promptBudget(512, 32, 2048).chunks, 0);
    const { chunks, prefix, suffix, path } = promptBudget(4096, 32, 2048);
    assert.ok(chunks > 200 && chunks + prefix + suffix + path <= 2048);
  });

  it("stand before the file, with their paths", () => {
    const nearChunks = () => [chunk("a.ts", "one();"), chunk("b.ts", "two();")];
    const fim = fimTokenizer();
    const prompt = builtinFim(fim)?.build(context("call(", 5), LONG, undefined, nearChunks);
    assert.match(
      fim.show(prompt?.tokens ?? new Uint32Array()),
      /^<0><6>a\.ts\none\(\);\n<6>b\.ts\ntwo\(\);\n<6>here\.ts\n<4><3>call\(<5>$/,
    );
    const chat = chatTokenizer();
    const text = chat.show(continuation(chat).build(context("call("), LONG, undefined, nearChunks).tokens);
    assert.equal(text, "<0>// a.ts\none();\n\n// b.ts\ntwo();\n\n// here.ts\ncall(");
  });

  for (const profile of [builtinFim(fimTokenizer()), continuation(chatTokenizer())]) {
    it(`stay while one types, whatever is looked at meanwhile (${profile?.name})`, () => {
      assert.ok(profile);
      let state: PromptState | undefined;
      let last: Uint32Array | undefined;
      for (let length = 1; length <= 40; length++) {
        const text = "const value = compute(first, second, third);".slice(0, length);
        const nearChunks = () => [chunk("a.ts", `seen(${length});`)];
        const prompt = profile.build(context(text), LONG, state, nearChunks);
        if (last !== undefined) assert.ok(prompt.tokens.length - commonPrefix(last, prompt.tokens) <= 4);
        last = prompt.tokens;
        state = prompt.state;
      }
    });

    it(`are chosen anew where the prompt is new anyway (${profile?.name})`, () => {
      assert.ok(profile);
      const lines = Array.from({ length: 2000 }, (_, line) => `call${line}(value, ${line});\n`).join("");
      const first = profile.build(context(lines.slice(0, 2000)), LONG, undefined, () => [chunk("a.ts", "old();")]);
      const moved = profile.build(context(lines), LONG, first.state, () => [chunk("a.ts", "fresh(1, 2, 3);")]);
      assert.notDeepEqual(moved.state.chunks, first.state.chunks);
    });
  }
});
