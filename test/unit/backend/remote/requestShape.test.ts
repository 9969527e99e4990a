import assert from "node:assert/strict";
import { adapt, type RequestShape, USUAL } from "../../../../engine/backend/remote/requestShape.ts";
import { isAboutModel, refusal, retryAfter } from "../../../../engine/backend/remote/serverErrors.ts";

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
    ["input length and `max_tokens` exceed context limit: 8000 + 1024 > 8192, decrease input length", 8192],
    ["Input validation error: `inputs` must have less than 8192 tokens. Given: 9000", 8192],
    ["Range of input length should be [1, 8192]", 8192],
    ["tokens_limit_reached: Request body too large for gpt-4o model. Max size: 8192 tokens.", 8192],
    ["输入超过最大长度 8192", 8192],
    ["input too long", 16_384],
    ["Please reduce the length of the messages.", 16_384],
  ];
  for (const [said, tokens] of CONTEXTS) {
    it(`is the context: ${said}`, () => {
      const shape: RequestShape = { ...USUAL, contextTokens: 32_768 };
      assert.deepEqual(adapt(shape, 400, said), { ...shape, contextTokens: tokens });
    });
  }

  const SHAPES: [said: string, status: number, changed: Partial<RequestShape>][] = [
    ["Only user and assistant roles are supported!", 400, { system: "user", alternates: true }],
    ["messages.0.role: Input should be 'user' or 'assistant'", 400, { system: "user", alternates: true }],
    ["messages 参数非法。role 不能为 system", 400, { system: "user", alternates: true }],
    ["最后一条消息的role必须是user", 400, { opening: "left out" }],
    ["Cannot have 2 or more assistant messages at the end of the list.", 400, { opening: "left out" }],
    ["Sampling parameters are not supported by this model", 400, { temperature: false }],
    ["El parámetro temperature no es válido", 400, { temperature: false }],
    ["temperature 参数非法。取值范围为(0,1)", 400, { temperature: false }],
    ["n_predict must be at most 512", 400, { mostTokens: 512 }],
    ["参数max_tokens非法：取值范围 [1, 4095]", 400, { mostTokens: 4095 }],
    ['"m" does not support insert', 400, { suffix: false }],
    ["FIM is not supported", 422, { suffix: false }],
    ["Paramètre inconnu : stop", 400, { mostStops: 0 }],
  ];
  for (const [said, status, changed] of SHAPES) {
    it(`is what it names alone: ${said}`, () => {
      assert.deepEqual(adapt(USUAL, status, JSON.stringify({ error: { message: said } })), { ...USUAL, ...changed });
    });
  }

  it("is the mark of a begun answer where that is not known", () => {
    const shape: RequestShape = { ...USUAL, opening: "prefix" };
    assert.equal(adapt(shape, 400, "Extra inputs are not permitted: prefix")?.opening, "left out");
  });

  it("is all that is special where a template fails without saying why", () => {
    const said = '{"error":{"message":"Value is not callable: null at row 1, column 55"}}';
    assert.equal(adapt(USUAL, 500, said)?.system, "user");
    assert.equal(adapt(USUAL, 500, '{"error":{"message":"Internal Server Error"}}'), undefined);
  });

  const LINES: [status: number, said: string, line: RegExp][] = [
    [400, "Client sent an HTTP request to an HTTPS server.\n", /^h speaks https at this port: /],
    [400, "<html><center>The plain HTTP request was sent to HTTPS port</center></html>", /speaks https at this port/],
    [400, '{"errors":[{"message":"bad"}]}', /: bad\.$/],
    [400, '{"error_description":"bad token"}', /: bad token\.$/],
    [400, '\ufeff{"error":"bad"}', /: bad\.$/],
    [400, '{"error":{"message":"\\n\\u001b[31mred\\u0000"}}', /: red\.$/],
    [400, '{"error":{"message":"x is not a valid model ID"}}', /says x is not a valid model ID.*sterna\.server\.model/],
    [400, '{"error":{"message":"Model Not Exist"}}', /sterna\.server\.model/],
    [404, '{"error":{"message":"No endpoints found for x/y."}}', /sterna\.server\.model/],
    [
      404,
      '{"error":{"message":"No route to your data policy"}}',
      /knows no such address \(404\): No route to your data/,
    ],
    [503, '{"error":{"message":"overloaded"}}', /is not ready \(503\): overloaded/],
    [524, "<html>a timeout</html>", /status 524: try again later\.$/],
  ];
  for (const [status, said, line] of LINES) {
    it(`is told in a line: ${said.trim().slice(0, 60)}`, () => {
      assert.match(refusal(status, "h", said), line);
      assert.doesNotMatch(refusal(status, "h", said), /\p{Cc}/u);
    });
  }

  it("is told without what a new address holds of secrets", () => {
    assert.equal(
      refusal(302, "h", "", { location: "https://me:word@h/login?state=secret" }),
      'h has moved to https://h/login (302): change "sterna.server.address".',
    );
  });

  it("is about the model in the words of several servers", () => {
    for (const said of ["Model Not Exist", "x is not a valid model ID", "No models loaded. Please load a model"]) {
      assert.ok(isAboutModel({ status: 400, said }), said);
    }
  });

  it("waits as long as is asked for, but not for ever", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    const cases = ["7", "Thu, 01 Jan 2026 00:00:09 GMT", "Thu, 01 Jan 2099 00:00:00 GMT", "86400", "-5", "soon", ""];
    assert.deepEqual(
      cases.map((header) => retryAfter(header, now)),
      [7000, 9000, 600_000, 600_000, 0, 0, 0],
    );
  });

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
