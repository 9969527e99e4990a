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
