/** What each route of the HTTP server answers. */
import { randomUUID } from "node:crypto";
import type { CancellationToken } from "vscode-jsonrpc";
import type { AnswerEnd, ChatMessage } from "../protocol/chat.ts";
import type { Completion, EngineAnswers } from "./engineAnswers.ts";
import {
  ApiError,
  chatRequest,
  completionRequest,
  cursorTexts,
  infillRequest,
  parsed,
  upToStop,
} from "./openaiRequests.ts";

/** Where a route writes its answer. */
export interface Reply {
  json(body: unknown): void;
  /** One event of a stream. */
  event(body: unknown): void;
  /** Ends the stream with its last event. */
  end(): void;
}

export interface RouteContext {
  answers: EngineAnswers;
  /** The longest completion in tokens. */
  maxTokens: number;
}

type Route = (context: RouteContext, body: string, reply: Reply, token: CancellationToken) => Promise<void>;

/** OpenAI's default for requests that give no length. */
const COMPLETION_TOKENS = 16;
const CHAT_TOKENS = 1024;

export const ROUTES: Readonly<Record<string, Route>> = {
  "GET /v1/models": async ({ answers }, _body, reply) => reply.json({ object: "list", data: [modelOf(answers)] }),
  "POST /v1/completions": complete,
  "POST /v1/chat/completions": chat,
  "POST /infill": infill,
  "GET /health": async (_context, _body, reply) => reply.json({ status: "ok" }),
};

function modelOf({ modelName }: EngineAnswers) {
  return { id: modelName, object: "model", created: 0, owned_by: "sterna" };
}

async function complete({ answers, maxTokens }: RouteContext, body: string, reply: Reply, token: CancellationToken) {
  const request = parsed(completionRequest, body);
  const { before, after } = cursorTexts(request.prompt, request.suffix ?? "");
  const limit = Math.min(request.max_tokens ?? COMPLETION_TOKENS, maxTokens);
  const answer = await answers.complete(before, after, limit, token);
  const { text, isStopped } = upToStop(answer.text, request.stop ?? []);
  const written = writtenTokens(answer, limit);
  const isLong = !isStopped && written >= limit;
  const choice = { index: 0, text, logprobs: null, finish_reason: isLong ? "length" : "stop" };
  const head = headOf("cmpl", "text_completion", answers);
  const response = { ...head, choices: [choice], usage: usageOf(answer.promptTokens, written) };
  if (request.stream !== true) {
    reply.json(response);
    return;
  }
  reply.event(response);
  reply.end();
}

async function chat({ answers }: RouteContext, body: string, reply: Reply, token: CancellationToken) {
  const request = parsed(chatRequest, body);
  const messages = messagesOf(request.messages);
  const limit = request.max_completion_tokens ?? request.max_tokens ?? CHAT_TOKENS;
  const head = headOf("chatcmpl", request.stream === true ? "chat.completion.chunk" : "chat.completion", answers);
  const chunk = (delta: object, reason: string | null) =>
    reply.event({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] });
  let text = "";
  let sent = 0;
  const stops = request.stop ?? [];
  // The end of the text so far may be the beginning of a stop string, so that many characters are held back.
  const held = Math.max(0, ...stops.map((stop) => stop.length - 1));
  const stopped = new AbortController();
  const onText = (piece: string) => {
    if (stopped.signal.aborted) return;
    text += piece;
    const cut = upToStop(text, stops);
    if (cut.isStopped) stopped.abort();
    const end = cut.isStopped ? cut.text.length : Math.max(sent, text.length - held);
    if (request.stream === true && end > sent) chunk({ content: cut.text.slice(sent, end) }, null);
    sent = Math.max(sent, end);
  };
  if (request.stream === true) chunk({ role: "assistant", content: "" }, null);
  const result = await answers.chat(messages, limit, onText, withAbort(token, stopped.signal));
  const cut = upToStop(text, stops);
  const reason = cut.isStopped ? "stop" : FINISH_REASONS[result.reason];
  // The last token of an answer that was cut off is written, but nothing is computed from it.
  const usage = usageOf(result.promptTokens, result.decodedTokens + (result.reason === "length" ? 1 : 0));
  if (request.stream !== true) {
    const message = { role: "assistant", content: cut.text, refusal: null };
    reply.json({ ...head, choices: [{ index: 0, message, logprobs: null, finish_reason: reason }], usage });
    return;
  }
  if (cut.text.length > sent) chunk({ content: cut.text.slice(sent) }, null);
  chunk({}, reason);
  if (request.stream_options?.include_usage === true) reply.event({ ...head, choices: [], usage });
  reply.end();
}

async function infill({ answers, maxTokens }: RouteContext, body: string, reply: Reply, token: CancellationToken) {
  const { input_prefix: prefix, input_suffix: after, prompt, n_predict } = parsed(infillRequest, body);
  // When nothing is to be predicted, the prompt is only computed in advance.
  const asked = n_predict === undefined || n_predict === null || n_predict < 0 ? maxTokens : n_predict;
  const limit = Math.max(1, Math.min(asked, maxTokens));
  const answer = await answers.complete(prefix + (prompt ?? ""), after, limit, token);
  const counts = { tokens_evaluated: answer.promptTokens, tokens_predicted: writtenTokens(answer, limit) };
  reply.json({ content: asked === 0 ? "" : answer.text, stop: true, model: answers.modelName, ...counts });
}

/** The number of tokens of a completion. The last one is written, but nothing is computed from it. */
function writtenTokens({ text, decodedTokens }: Completion, limit: number): number {
  return text === "" ? decodedTokens : Math.min(limit, decodedTokens + 1);
}

const FINISH_REASONS: Record<AnswerEnd, string> = { end: "stop", length: "length", loop: "stop", cancelled: "stop" };

/** The engine takes a single system message, which comes first. */
function messagesOf(given: readonly { role: "system" | "developer" | "user" | "assistant"; content: string }[]) {
  const isSystem = ({ role }: { role: string }) => role === "system" || role === "developer";
  const system = given.filter(isSystem).map(({ content }) => content);
  const rest = given.filter((message) => !isSystem(message)) as ChatMessage[];
  if (rest.length === 0) throw new ApiError(400, '"messages": there is no question.', "messages");
  return [...(system.length > 0 ? [{ role: "system" as const, content: system.join("\n\n") }] : []), ...rest];
}

function headOf(prefix: string, object: string, { modelName }: EngineAnswers) {
  return { id: `${prefix}-${randomUUID()}`, object, created: Math.floor(Date.now() / 1000), model: modelName };
}

function usageOf(prompt: number, completion: number) {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** A token that is cancelled as soon as either of the two is. */
function withAbort(token: CancellationToken, signal: AbortSignal): CancellationToken {
  return {
    get isCancellationRequested() {
      return token.isCancellationRequested || signal.aborted;
    },
    onCancellationRequested(listener, thisArgs) {
      const inner = token.onCancellationRequested(listener, thisArgs);
      const onAbort = () => listener.call(thisArgs, undefined);
      signal.addEventListener("abort", onAbort, { once: true });
      return {
        dispose() {
          inner.dispose();
          signal.removeEventListener("abort", onAbort);
        },
      };
    },
  };
}
