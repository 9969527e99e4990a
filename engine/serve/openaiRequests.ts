/** The requests of OpenAI's interface, as far as they apply here, and its errors. Plain data in and out. */
import * as v from "valibot";
import { count, number, text } from "../protocol/checked.ts";

/** An answer that is an error. The message is one sentence for the caller. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly type: string;
  readonly param: string | null;

  /** @param status the HTTP status. @param param the name of the field that is wrong. */
  constructor(status: number, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.type = status >= 500 ? "server_error" : status === 401 ? "authentication_error" : "invalid_request_error";
    this.param = param;
  }

  /** The response body, in the form that OpenAI's clients read. */
  get body() {
    const { message, type, param } = this;
    return { error: { message, type, param, code: null } };
  }
}

const stop = v.nullish(
  v.union([
    v.pipe(
      text,
      v.transform((one) => [one]),
    ),
    v.pipe(v.array(text), v.maxLength(4)),
  ]),
);
const maxTokens = v.nullish(v.pipe(count, v.minValue(1)));
/** Answers are always the likeliest ones, so these change nothing; values of a wrong type are refused all the same. */
const shared = {
  model: v.nullish(text),
  stream: v.nullish(v.boolean()),
  n: v.nullish(v.literal(1, "only one answer is given")),
  temperature: v.nullish(number),
  top_p: v.nullish(number),
  stop,
};

export const completionRequest = v.object({
  ...shared,
  prompt: v.union([
    text,
    v.pipe(
      v.tuple([text]),
      v.transform(([only]) => only),
    ),
  ]),
  suffix: v.nullish(text),
  max_tokens: maxTokens,
});

/** A message's content is a text, or parts of which only texts are understood. */
const content = v.union([
  text,
  v.pipe(
    v.array(v.object({ type: v.literal("text", "only text is understood"), text })),
    v.transform((parts) => parts.map((part) => part.text).join("")),
  ),
]);
export const chatRequest = v.object({
  ...shared,
  messages: v.pipe(
    v.array(v.object({ role: v.picklist(["system", "developer", "user", "assistant"]), content })),
    v.minLength(1),
  ),
  max_tokens: maxTokens,
  max_completion_tokens: maxTokens,
  stream_options: v.nullish(v.object({ include_usage: v.nullish(v.boolean()) })),
});

/** llama.cpp's own route for filling in, which its editor extensions use. */
export const infillRequest = v.object({
  input_prefix: text,
  input_suffix: text,
  /** The cursor's line up to the cursor. */
  prompt: v.nullish(text),
  n_predict: v.nullish(v.pipe(v.number(), v.integer())),
});

/** @throws ApiError (400) that names the wrong field. */
export function parsed<T>(schema: v.GenericSchema<unknown, T>, body: string): T {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new ApiError(400, "The body is not JSON.");
  }
  const read = v.safeParse(schema, json);
  if (read.success) return read.output;
  const [first] = read.issues;
  const param = v.getDotPath(first);
  throw new ApiError(400, `${param === null ? "The body" : `"${param}"`}: ${first.message}.`, param);
}

/**
 * The marks of models that fill in. Clients write them into the prompt, because they have no other way to pass a
 * suffix.
 */
const FIM_MARKS = [
  ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"],
  ["<fim_prefix>", "<fim_suffix>", "<fim_middle>"],
  ["<PRE>", "<SUF>", "<MID>"],
] as const;

/** The texts before and after the cursor. */
export function cursorTexts(prompt: string, suffix = ""): { before: string; after: string } {
  for (const [prefixMark, suffixMark, middleMark] of FIM_MARKS) {
    const start = prompt.indexOf(prefixMark);
    const middle = prompt.indexOf(suffixMark, start);
    const end = prompt.indexOf(middleMark, middle);
    if (start === -1 || middle === -1 || end === -1) continue;
    const before = prompt.slice(start + prefixMark.length, middle);
    return { before, after: prompt.slice(middle + suffixMark.length, end) };
  }
  return { before: prompt, after: suffix };
}

/** The text up to the first stop string in it. */
export function upToStop(text: string, stops: readonly string[]): { text: string; isStopped: boolean } {
  const places = stops.filter((each) => each !== "").map((each) => text.indexOf(each));
  const found = places.filter((place) => place !== -1);
  return found.length === 0 ? { text, isStopped: false } : { text: text.slice(0, Math.min(...found)), isStopped: true };
}
