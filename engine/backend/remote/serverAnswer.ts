/**
 * What one event of a server's stream says. The form is OpenAI's, in the many ways in which servers write it; whatever is
 * not understood is left out rather than refused.
 */
import * as v from "valibot";
import { reasonOf, ServerError } from "./serverErrors.ts";

/** Only text, or parts of which some are text and some are thoughts of the model. */
const part = v.object({
  type: v.fallback(v.string(), "text"),
  text: v.fallback(v.optional(v.string()), undefined),
  thinking: v.optional(v.unknown()),
});
const content = v.fallback(v.union([v.string(), v.array(v.union([v.string(), part]))]), "");
const thought = v.fallback(v.string(), "");
const message = v.fallback(
  v.object({
    content: v.optional(content, ""),
    refusal: v.optional(thought, ""),
    reasoning_content: v.optional(thought, ""),
    reasoning: v.optional(thought, ""),
    thinking: v.optional(thought, ""),
  }),
  { content: "", refusal: "", reasoning_content: "", reasoning: "", thinking: "" },
);
const choice = v.object({
  text: v.optional(content, ""),
  delta: v.optional(message),
  message: v.optional(message),
  finish_reason: v.fallback(v.optional(v.string(), ""), ""),
  /** OpenRouter sends this when the provider behind it has failed. */
  error: v.optional(v.unknown()),
});
const usage = v.fallback(
  v.object({ prompt_tokens: v.optional(v.number(), 0), completion_tokens: v.optional(v.number(), 0) }),
  { prompt_tokens: 0, completion_tokens: 0 },
);
const answer = v.object({
  choices: v.fallback(v.array(choice), []),
  error: v.optional(v.unknown()),
  object: v.optional(v.unknown()),
  detail: v.optional(v.unknown()),
  /** For an error that is not an event of a stream. */
  message: v.optional(v.unknown()),
  usage: v.optional(usage),
});

export interface AnswerPart {
  text: string;
  /** Whether the text is a thought, which is not part of the answer. */
  isThinking: boolean;
  /** As the server names it; "" while the answer goes on. */
  finish: string;
  /** Tokens of the prompt if the server counts them, else 0. */
  promptTokens: number;
}

/** The data is not JSON of the expected form. */
export class BrokenEventError extends ServerError {}

/**
 * @param data of one event. Several objects on lines of their own are read one after another.
 * @throws ServerError for an error in the stream, and for what is no JSON
 */
export function readEvent(data: string, host: string): AnswerPart[] {
  const whole = parseJson(data);
  const values = whole === undefined ? data.split("\n").map(parseJson) : [whole];
  return values.map((value) => readAnswer(value, host));
}

function readAnswer(value: unknown, host: string): AnswerPart {
  const read = v.safeParse(answer, value);
  if (!read.success) {
    throw new BrokenEventError(
      `${host} does not answer as an OpenAI-compatible server does: check "sterna.server.address".`,
    );
  }
  const { choices, error, object, detail, message: said, usage: counts } = read.output;
  const isError = object === "error" || detail !== undefined || (choices.length === 0 && typeof said === "string");
  const failed = choices[0]?.error ?? (choices[0]?.finish_reason === "error" ? {} : undefined);
  const problem = error ?? failed ?? (isError ? value : undefined);
  if (problem !== undefined && problem !== null) {
    throw new ServerError(
      `${host}: ${reasonOf(problem) || "the answer failed without a reason"}`,
      0,
      JSON.stringify(problem),
    );
  }
  const first = choices[0];
  const turn = first?.delta ?? first?.message;
  const parts = [turn?.content ?? "", first?.text ?? ""].map(textOf);
  const text = parts.map((one) => one.text).join("") || (turn?.refusal ?? "");
  const thoughts = [turn?.reasoning_content, turn?.reasoning, turn?.thinking, ...parts.map((one) => one.thinking)];
  return {
    text,
    isThinking: text === "" && thoughts.some((one) => one !== undefined && one !== ""),
    finish: first?.finish_reason ?? "",
    promptTokens: counts?.prompt_tokens ?? 0,
  };
}

function textOf(value: v.InferOutput<typeof content>): { text: string; thinking: string } {
  if (typeof value === "string") return { text: value, thinking: "" };
  const parts = value.map((one) => (typeof one === "string" ? { type: "text", text: one } : one));
  const isThought = ({ type }: { type: string }) => /think|reason/.test(type);
  return {
    text: parts.map((one) => (isThought(one) ? "" : (one.text ?? ""))).join(""),
    thinking: parts.some(isThought) ? "..." : "",
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Why an answer ended, from the many words that servers use for it. */
export function endOf(finish: string): "end" | "length" | "filtered" {
  if (/length|max_?tokens|max_new_tokens|model_length|limit/i.test(finish)) return "length";
  return /filter|safety|recitation|prohibited|blocklist/i.test(finish) ? "filtered" : "end";
}
