/**
 * Reads one event of a server's stream. The form is OpenAI's, with the many variations that servers have. What is not
 * understood is skipped, so that it does not spoil the rest.
 */
import * as v from "valibot";
import { parseJson } from "../../net/json.ts";
import { contentOf, thoughtIn } from "./content.ts";
import { reasonOf, ServerError } from "./serverErrors.ts";

const message = v.fallback(v.record(v.string(), v.unknown()), {});
const choice = v.object({
  index: v.fallback(v.optional(v.number(), 0), 0),
  text: v.optional(v.unknown(), ""),
  /** A text at some gateways. */
  delta: v.optional(v.unknown()),
  message: v.optional(v.unknown()),
  finish_reason: v.fallback(v.optional(v.string(), ""), ""),
  /** OpenRouter sends this when the provider behind it has failed. */
  error: v.optional(v.unknown()),
});
const usage = v.fallback(
  v.object({ prompt_tokens: v.optional(v.number(), 0), completion_tokens: v.optional(v.number(), 0) }),
  { prompt_tokens: 0, completion_tokens: 0 },
);
const answer = v.object({
  choices: v.fallback(v.optional(v.array(v.unknown())), undefined),
  error: v.optional(v.unknown()),
  object: v.optional(v.unknown()),
  detail: v.optional(v.unknown()),
  /** The reason, in an error that comes instead of a stream. Some servers send a list, or a word about their success. */
  message: v.optional(v.unknown()),
  msg: v.optional(v.unknown()),
  errors: v.optional(v.unknown()),
  success: v.optional(v.unknown()),
  base_resp: v.fallback(v.optional(v.object({ status_code: v.number() })), undefined),
  usage: v.optional(usage),
});

export interface AnswerPart {
  text: string;
  /** Whether the text comes as a whole message and not as a part of one. */
  isMessage: boolean;
  /** Whether the model is thinking, and does not answer yet. */
  isThinking: boolean;
  /** What the model thinks, if the server sends that. It is not part of the answer. */
  thought: string;
  /** Why the answer has ended, in the server's word; "" while it continues. */
  finish: string;
  /** How many tokens the prompt has by the server's count; 0 if the event has no count. */
  promptTokens: number;
  /** Whether the event has the form of the interface, so that the server is one of the right kind. */
  isUnderstood: boolean;
}

/** An event of an answer breaks off in its middle. */
export class BrokenEventError extends ServerError {}

/**
 * @param data of one event: an object, or several objects on lines of their own.
 * @returns nothing for data that is no object, such as the words with which some gateways keep a connection alive
 * @throws ServerError for an error that the server reports
 * @throws BrokenEventError for an object that breaks off
 */
export function readEvent(data: string, host: string): AnswerPart[] {
  const whole = parseJson(data);
  const values = Array.isArray(whole) ? whole : whole === undefined ? data.split("\n").map(parseJson) : [whole];
  const objects = values.filter((value) => typeof value === "object" && value !== null);
  if (whole === undefined && objects.length === 0 && /^[{[]/.test(data)) {
    throw new BrokenEventError(`${host} breaks its answer off.`);
  }
  return objects.map((value) => readAnswer(value, host));
}

/** The error for an event by which the server says that it has failed, in whatever form. */
export function errorIn(data: string, host: string): ServerError {
  return failure(parseJson(data) ?? data, host);
}

function failure(problem: unknown, host: string): ServerError {
  const reason = reasonOf(problem) || "the answer failed without a reason";
  return new ServerError(`${host}: ${reason}`, statusIn(problem), JSON.stringify(problem));
}

/** The HTTP status that an error names in an answer whose own status is a success; 0 for none. */
function statusIn(problem: unknown): number {
  const { code, status } = (typeof problem === "object" && problem !== null ? problem : {}) as Record<string, unknown>;
  return [code, status].map(Number).find((one) => Number.isInteger(one) && one >= 400 && one < 600) ?? 0;
}

function readAnswer(value: unknown, host: string): AnswerPart {
  const read = v.safeParse(answer, value);
  const all = read.success ? read.output : {};
  const choices = (all.choices ?? []).flatMap((one) => {
    const parsed = v.safeParse(choice, one);
    return parsed.success && parsed.output.index === 0 ? [parsed.output] : [];
  });
  const first = choices[0];
  const isDelta = first?.delta !== undefined && first.delta !== null;
  const turn = v.parse(message, isDelta ? first.delta : first?.message);
  const said = typeof first?.delta === "string" ? first.delta : (turn.content ?? turn.text);
  const inMessage = contentOf(said);
  const content = inMessage.text === "" ? contentOf(first?.text) : inMessage;
  const text = content.text || contentOf(turn.refusal).text;
  const problem = problemIn(value, all, first, text);
  if (problem !== undefined) throw failure(problem, host);
  const thought = thoughtIn(turn) || inMessage.thought;
  return {
    text,
    isMessage: !isDelta && text !== "" && text === inMessage.text,
    isThinking: text === "" && (thought !== "" || inMessage.isThinking),
    thought,
    finish: first?.finish_reason ?? "",
    promptTokens: all.usage?.prompt_tokens ?? 0,
    isUnderstood: all.choices !== undefined,
  };
}

/** What says in an event that the answer has failed; undefined when it has not. Text shows that it has not. */
function problemIn(
  value: unknown,
  all: Partial<v.InferOutput<typeof answer>>,
  first: v.InferOutput<typeof choice> | undefined,
  text: string,
): unknown {
  const { error = null, object, detail = null, message: said, msg, errors = null, success, base_resp: base } = all;
  if (error !== null && (text === "" || reasonOf(error) !== "") && error !== false && error !== "") return error;
  const failed = first?.error ?? (first?.finish_reason === "error" ? {} : undefined);
  if (failed !== undefined && failed !== null) return failed;
  const hasReason = [said, msg].some((one) => typeof one === "string") || reasonOf(errors) !== "";
  const isReport = first === undefined && (hasReason || (base?.status_code ?? 0) !== 0);
  const isError = object === "error" || (detail !== null && text === "") || success === false || isReport;
  return isError ? value : undefined;
}

/** The words that servers use for the end of an answer, by what they mean. The first row that matches counts. */
const ENDS: readonly (readonly ["length" | "filtered" | "failed", RegExp])[] = [
  // The server or its gateway is the cause: "network_error", "insufficient_system_resource", "overloaded".
  ["failed", /error|abort|cancel|insufficient|network|rate_?limit|overload|time_?out|unavailable/i],
  // The answer has reached its greatest length: "max_tokens", "model_length", "context_window_exceeded".
  ["length", /length|max_?tokens|max_new_tokens|model_length|limit|context_?(window|full)/i],
  // The server does not want to go on: "content_filter", "SAFETY", "refusal".
  ["filtered", /filter|safety|recitation|prohibited|blocklist|sensitive|moderat|refus|\brisk/i],
];

/** Why an answer ended, from the word that a server uses for it. */
export function endOf(finish: string): "end" | "length" | "filtered" | "failed" {
  return ENDS.find(([, words]) => words.test(finish))?.[0] ?? "end";
}
