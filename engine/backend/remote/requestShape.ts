/**
 * Adapts requests to a server. Servers differ in names, roles and limits, and refuse a request with a message that
 * names what they do not accept. That part is left out or renamed, in this request and in all later ones.
 */
import type { ChatMessage } from "../../protocol/chat.ts";
import { reasonIn } from "./serverErrors.ts";

/** How requests to one server are written. */
export interface RequestShape {
  /** The name of the parameter for the greatest length of the answer. */
  maxTokens: "max_tokens" | "max_completion_tokens" | "left out";
  /** The most tokens that may be requested for an answer. */
  mostTokens: number;
  /** By what the tokens of the answer are multiplied, to leave room for the thoughts of a model that thinks before. */
  thinkingRoom: number;
  /** Whether the temperature is sent. */
  temperature: boolean;
  /** How many stop strings are sent to the server. All of them are looked for here as well. */
  mostStops: number;
  /** The role of the instructions; with "user" they are put before the first question. */
  system: "system" | "developer" | "user";
  /** Whether consecutive messages of one role are joined. */
  alternates: boolean;
  /**
   * How the beginning of the answer is sent: as the last message; as the last message marked as a prefix (Mistral);
   * with the parameters that vLLM has for it; or not at all, so that the model writes the beginning again.
   */
  opening: "message" | "prefix" | "continued" | "left out";
  /** Whether white space at the end of that beginning is removed. */
  trimsOpening: boolean;
  /** Whether the text after the cursor is sent; below, whether the answer is requested as a stream of events. */
  suffix: boolean;
  stream: boolean;
  /** How many tokens a prompt and its answer may have together by a server's refusal; 0 if none has named a number. */
  contextTokens: number;
}

/** OpenAI's limit, which most servers have adopted. */
const MOST_STOPS = 4;

export const USUAL: RequestShape = {
  maxTokens: "max_tokens",
  mostTokens: Number.MAX_SAFE_INTEGER,
  thinkingRoom: 1,
  temperature: true,
  mostStops: MOST_STOPS,
  system: "system",
  alternates: false,
  opening: "message",
  trimsOpening: false,
  suffix: true,
  stream: true,
  contextTokens: 0,
};

/** What every server accepts. It is tried when a server refuses a request without a reason. */
const PLAINEST: Partial<RequestShape> = {
  temperature: false,
  mostStops: 0,
  system: "user",
  alternates: true,
  opening: "left out",
  suffix: false,
};

/** What to change after a refusal. */
interface Rule {
  /** Matches the refusals to which the rule applies. */
  about: RegExp;
  /** The changed parts of the shape; undefined when nothing is left to change. @param said the server's message */
  change(shape: RequestShape, said: string): Partial<RequestShape> | undefined;
}

const RULES: readonly Rule[] = [
  {
    about:
      /context[ _](length|size|window|limit)|exceed_context_size|n_ctx|prompt is too long|too many (input )?tokens|input (is )?too long|maximum (input|prompt) length|input token count|`inputs` (tokens|must have)|prompt contains \d+ tokens|input length should|reduce the length|tokens_limit_reached|max size: \d+ tokens|request too large for model|最大长度|上下文/i,
    change: ({ contextTokens }, said) => {
      const named = contextIn(said);
      // If the refusal names no number, or one that has not helped, half of the present length is tried.
      const next = named > 0 && (contextTokens === 0 || named < contextTokens) ? named : Math.floor(contextTokens / 2);
      return next >= 128 ? { contextTokens: next } : undefined;
    },
  },
  {
    about: /trailing white ?space/i,
    change: ({ trimsOpening }) => (trimsOpening ? { opening: "left out" } : { trimsOpening: true }),
  },
  {
    about:
      /\bprefix\b.{0,40}(not permitted|unknown|unexpected|unrecogni.ed)|(unknown|unexpected|unrecogni.ed|not permitted).{0,40}\bprefix\b/i,
    change: ({ opening }) => (opening === "prefix" ? { opening: "left out" } : undefined),
  },
  {
    about: /assistant with prefix true|prefix.{0,20}true/i,
    change: ({ opening }) => (opening === "message" ? { opening: "prefix" } : { opening: "left out" }),
  },
  {
    about: /continue_final_message|add_generation_prompt/i,
    change: ({ opening }) => ({ opening: opening === "message" ? "continued" : "left out" }),
  },
  {
    about:
      /pre-?fill|last (message|role)|final (message|role)|must end with a user|conversation must end|last.{0,40}assistant|assistant.{0,40}(last|end of)|最后一条/i,
    change: ({ opening }) => (opening === "left out" ? undefined : { opening: "left out" }),
  },
  {
    about: /roles? must alternate|alternat|consecutive|same role/i,
    change: ({ alternates, opening, system }) => {
      if (!alternates) return { alternates: true };
      if (system !== "user") return { system: "user" };
      return opening === "left out" ? undefined : { opening: "left out" };
    },
  },
  {
    about:
      /\bsystem\b.{0,60}(not support|unsupported|not allowed|invalid|unknown|only)|(not support|unsupported|does not have|invalid|unknown|unexpected).{0,60}\bsystem\b|developer instruction|system.{0,12}(不|非法)|不.{0,12}system/i,
    change: withoutSystem,
  },
  {
    // Whatever is said of roles is said of the instructions first, and then of the beginning of the answer.
    about: /\broles?\b/i,
    change: (shape) => withoutSystem(shape) ?? (shape.opening === "left out" ? undefined : { opening: "left out" }),
  },
  {
    about: /max_completion_tokens|max_tokens|max_output_tokens|maxoutputtokens|max_new_tokens|n_predict/i,
    change: ({ maxTokens, mostTokens }, said) => {
      const limit = limitIn(said);
      if (limit !== undefined && limit < mostTokens) return { mostTokens: limit };
      const wantsNew = /max_completion_tokens/i.test(said) && maxTokens === "max_tokens";
      return maxTokens === "left out" ? undefined : { maxTokens: wantsNew ? "max_completion_tokens" : "left out" };
    },
  },
  {
    about: /temperature|sampling param/i,
    change: ({ temperature }) => (temperature ? { temperature: false } : undefined),
  },
  {
    about: /\bstop\b|stop_?sequences?/i,
    change: ({ mostStops }, said) => {
      const limit = Number(/(?:at most|maximum(?: length| of)?|up to|no more than|<=)\D{0,12}(\d+)/i.exec(said)?.[1]);
      if (mostStops === 0) return undefined;
      return { mostStops: Number.isInteger(limit) && limit < mostStops ? limit : 0 };
    },
  },
  { about: /suffix|\binsert\b|\bfim\b|infill/i, change: ({ suffix }) => (suffix ? { suffix: false } : undefined) },
  { about: /\bstream(ing)?\b/i, change: ({ stream }) => (stream ? { stream: false } : undefined) },
];

/** The statuses with which servers refuse what they do not accept. With 500 and 501 some servers fail because of it. */
const REFUSING = new Set([400, 405, 413, 422, 500, 501]);

/**
 * The shape for another attempt after a refusal; undefined when the refusal has another cause.
 *
 * @param said the body of the server's answer.
 */
export function adapt(shape: RequestShape, status: number, said: string): RequestShape | undefined {
  if (!REFUSING.has(status)) return undefined;
  for (const { about, change } of RULES) {
    const changed = about.test(said) ? change(shape, said) : undefined;
    if (changed !== undefined) return { ...shape, ...changed };
  }
  if (status === 500 && !IN_TEMPLATE.test(said)) return undefined;
  const isPlain = Object.entries(PLAINEST).every(([key, value]) => shape[key as keyof RequestShape] === value);
  const isUnnamed = !/[a-z]_[a-z]|model|key|billing|credit|balance|quota|policy/i.test(reasonIn(said));
  return (status === 400 || status === 422 || status === 500) && isUnnamed && !isPlain
    ? { ...shape, ...PLAINEST }
    : undefined;
}

/** A failure of the template that turns a conversation into a prompt: it does not expect something of its form. */
const IN_TEMPLATE = /jinja|chat template|\bat row \d+, column \d+/i;

function withoutSystem({ system }: RequestShape): Partial<RequestShape> | undefined {
  return system === "user" ? undefined : { system: "user", alternates: true };
}

/** The context in tokens that a refusal names; 0 when it names none. */
function contextIn(said: string): number {
  const found =
    /"?n_ctx\\?"?\s*[:=]\s*(\d+)/.exec(said) ??
    /context limit: \d+ \+ \d+ > (\d{3,})/i.exec(said) ??
    /max size: (\d{3,}) tokens/i.exec(said) ??
    /must have less than (\d{3,}) tokens/i.exec(said) ??
    /input length should be \[\d+, (\d{3,})\]/i.exec(said) ??
    /(?:最大长度|上下文)\D{0,20}(\d{3,})/.exec(said) ??
    /context (?:length|size|window)\D{0,40}?(\d{3,})/i.exec(said) ??
    /(?<!\d)(\d{3,})\s*tokens?\s*(?:context|maximum|limit)/i.exec(said) ??
    />\s*(\d{3,})\s*maximum/i.exec(said) ??
    /with (\d{3,}) maximum context/i.exec(said) ??
    /tokens\W{1,4}max_new_tokens\W{1,3}must be <= (\d{3,})/i.exec(said) ??
    /maximum number of tokens\D{0,20}\((\d{3,})\)/i.exec(said) ??
    /(?:limit|maximum|up to|at most)\D{0,20}(\d{3,})/i.exec(said);
  return Number(found?.[1] ?? 0);
}

/** The greatest number of tokens of an answer that a refusal names. */
function limitIn(said: string): number | undefined {
  const found =
    /(?:at most|less than or equal to|<=|up to|maximum(?: value)?(?: is| of| allowed)?|no more than|not exceed|limit(?: is| of)?)\D{0,20}(\d+)/i.exec(
      said,
    ) ?? /\[\s*\d+\s*,\s*(\d+)\s*[\])]/.exec(said);
  const limit = Number(found?.[1]);
  return Number.isInteger(limit) && limit > 0 ? limit : undefined;
}

export interface Opening {
  /** The beginning of the answer; "" for none. */
  text: string;
  /** Whether the answer was interrupted and is to be continued; otherwise it is to begin in a certain form. */
  isContinued: boolean;
}

const GO_ON = "Go on exactly where your answer was broken off. Repeat nothing of it.";

/** The messages of a conversation in the form that the server accepts, with the beginning of the answer. */
export function shapeMessages(messages: readonly ChatMessage[], opening: Opening, shape: RequestShape): object[] {
  const all: ({ role: string; content: string } & Record<string, unknown>)[] = messages.map((one) => ({ ...one }));
  if (shape.system === "user" && all[0]?.role === "system") {
    const { content } = all[0];
    all.shift();
    const first = all[0];
    if (first?.role === "user") first.content = `${content}\n\n${first.content}`;
    else all.unshift({ role: "user", content });
  }
  for (const one of all) if (one.role === "system" && shape.system === "developer") one.role = "developer";
  const text = shape.trimsOpening ? opening.text.trimEnd() : opening.text;
  if (text !== "" && shape.opening !== "left out") {
    all.push({ role: "assistant", content: text, ...(shape.opening === "prefix" && { prefix: true }) });
  } else if (text !== "" && opening.isContinued) {
    all.push({ role: "assistant", content: text }, { role: "user", content: GO_ON });
  } else if (text !== "" && !text.startsWith("```")) {
    const last = all.at(-1);
    if (last?.role === "user") last.content += `\nBegin your answer with "${text.trim()}".`;
  }
  return shape.alternates ? merged(all) : all;
}

/** The messages with consecutive ones of the same role joined. */
function merged(messages: { role: string; content: string }[]): object[] {
  const all: { role: string; content: string }[] = [];
  for (const one of messages) {
    const last = all.at(-1);
    if (last !== undefined && last.role === one.role) last.content += `\n\n${one.content}`;
    else all.push({ ...one });
  }
  return all;
}
