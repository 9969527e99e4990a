/**
 * Reads one event of a server's stream. The form is OpenAI's, with the many variations that servers have. What is not
 * understood is skipped, so that it does not spoil the rest.
 */
import * as v from "valibot";
import { reasonOf, ServerError } from "./serverErrors.ts";

/** A part of a content. A content is a text, or a list of parts, some of which may be thoughts of the model. */
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
  /** The reason, in an error that comes instead of a stream. */
  message: v.optional(v.unknown()),
  usage: v.optional(usage),
});

export interface AnswerPart {
  text: string;
  /** Whether the model is thinking, and does not answer yet. */
  isThinking: boolean;
  /** What the model thinks, if the server sends that. It is not part of the answer. */
  thought: string;
  /** Why the answer has ended, in the server's word; "" while it continues. */
  finish: string;
  /** How many tokens the prompt has by the server's count; 0 if the event has no count. */
  promptTokens: number;
}

/** The data of an event is not JSON of the expected form. */
export class BrokenEventError extends ServerError {}

/**
 * @param data of one event: an object, or several objects on lines of their own.
 * @throws ServerError for an error that the server reports
 * @throws BrokenEventError for data that is not JSON of the expected form
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
  // A server that knows several names for the thought sends it under each of them, so only one is read.
  const beside = turn?.reasoning_content || turn?.reasoning || turn?.thinking || "";
  const thought = beside || parts.map((one) => one.thought).join("");
  return {
    text,
    isThinking: text === "" && (thought !== "" || parts.some((one) => one.isThinking)),
    thought,
    finish: first?.finish_reason ?? "",
    promptTokens: counts?.prompt_tokens ?? 0,
  };
}

interface ReadContent {
  text: string;
  isThinking: boolean;
  thought: string;
}

function textOf(value: v.InferOutput<typeof content>): ReadContent {
  if (typeof value === "string") return { text: value, isThinking: false, thought: "" };
  const parts = value.map((one) => (typeof one === "string" ? { type: "text", text: one } : one));
  const isThought = ({ type }: { type: string }) => /think|reason/.test(type);
  return {
    text: parts.map((one) => (isThought(one) ? "" : (one.text ?? ""))).join(""),
    isThinking: parts.some(isThought),
    thought: parts.map((one) => (isThought(one) ? thoughtOf(one) : "")).join(""),
  };
}

/** The text of a part that is a thought: the part's own text, or that of a list of parts in it. */
function thoughtOf({ text = "", thinking }: v.InferOutput<typeof part>): string {
  const read = v.safeParse(content, thinking ?? "");
  const said = read.success && thinking !== undefined ? textOf(read.output).text : "";
  return said || text;
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
