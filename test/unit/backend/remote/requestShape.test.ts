import assert from "node:assert/strict";
import { adapt, type RequestShape, USUAL } from "../../../../engine/backend/remote/requestShape.ts";
import { refusal } from "../../../../engine/backend/remote/serverErrors.ts";

describe("what a refusal changes", () => {
  const CONTEXTS: [said: string, tokens: number][] = [
    ["the request exceeds the available context size (8192 tokens), try increasing it", 8192],
    ['{"error":{"message":"exceed","type":"exceed_context_size_error","n_prompt_tokens":9000,"n_ctx":8192}}', 8192],
    ["This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", 8192],
    ["prompt is too long: 9000 tokens > 8192 maximum", 8192],
    ["Requested tokens (9000) exceed context window of 8192", 8192],
    [
      "'max_tokens' or 'max_completion_tokens' is too large: 1024. This model's maximum context length is 8192 tokens and your request has 8000 input tokens",
      8192,
    ],
    ["Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192. Given: 9000 `inputs` tokens", 8192],
    ["The input token count (9000) exceeds the maximum number of tokens allowed (8192).", 8192],
    ["Prompt contains 9000 tokens and 0 draft tokens, too large for model with 8192 maximum context length", 8192],
    ["This model's maximum prompt length is 8192 but the request contains 9000 tokens.", 8192],
    [
      '{"message":"Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192","code":"context_length_exceeded"}',
      8192,
    ],
    ["Requested token count exceeds the model's maximum context length of 8192 tokens. You requested 9000", 8192],
    ["input too long", 16_384],
  ];
  for (const [said, tokens] of CONTEXTS) {
    it(`is the context: ${said}`, () => {
      const shape: RequestShape = { ...USUAL, contextTokens: 32_768 };
      assert.deepEqual(adapt(shape, 400, said), { ...shape, contextTokens: tokens });
    });
  }

  it("is nothing where another status, or another thing, is meant", () => {
    assert.equal(adapt(USUAL, 401, "temperature"), undefined);
    assert.equal(adapt(USUAL, 503, "temperature"), undefined);
    assert.equal(adapt(USUAL, 400, '{"error":{"message":"The model m does not exist"}}'), undefined);
    assert.equal(
      adapt({ ...USUAL, temperature: false }, 400, '{"error":{"message":"bad temperature of the_room"}}'),
      undefined,
    );
  });

  it("is said of a loading server", () => {
    assert.match(
      refusal(503, "h", '{"error":{"message":"Loading model"}}'),
      /^h is still loading its model \(503\)\.$/,
    );
  });
});
