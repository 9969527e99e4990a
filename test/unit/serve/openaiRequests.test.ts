import assert from "node:assert/strict";
import { ApiError, chatRequest, cursorTexts, parsed, upToStop } from "../../../engine/serve/openaiRequests.ts";

describe("requests of OpenAI's interface", () => {
  for (const [prompt, suffix, expected] of [
    ["a", undefined, { before: "a", after: "" }],
    ["a", "b", { before: "a", after: "b" }],
    ["<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>", undefined, { before: "a", after: "b" }],
    ["// file\n<fim_prefix>a<fim_suffix>b<fim_middle>", undefined, { before: "a", after: "b" }],
    ["<PRE> a <SUF>b <MID>", undefined, { before: " a ", after: "b " }],
    ["<fim_suffix>b<fim_prefix>a", "c", { before: "<fim_suffix>b<fim_prefix>a", after: "c" }],
  ] as const) {
    it(`find the cursor in ${JSON.stringify(prompt)}`, () => assert.deepEqual(cursorTexts(prompt, suffix), expected));
  }

  it("end at the first stop that is there", () => {
    assert.deepEqual(upToStop("one two three", ["three", "two", ""]), { text: "one ", isStopped: true });
    assert.deepEqual(upToStop("one", []), { text: "one", isStopped: false });
  });

  it("may have parts as a message's content, and name the field that is wrong", () => {
    const parts = [
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ];
    const { messages } = parsed(chatRequest, JSON.stringify({ messages: [{ role: "user", content: parts }] }));
    assert.equal(messages[0]?.content, "ab");
    assert.throws(
      () => parsed(chatRequest, JSON.stringify({ messages: [{ role: "user", content: "a" }], n: 2 })),
      (error) => error instanceof ApiError && error.param === "n" && error.status === 400,
    );
  });
});
