/** Reads the answer from a server's stream: its text, why it ended, and whether it is complete. */
import type { Clock } from "../../clock.ts";
import type { Reply } from "../../net/request.ts";
import type { WithoutThoughts } from "../../prompt/withoutThoughts.ts";
import { DONE, events, type ServerEvent } from "./eventStream.ts";
import { type AnswerPart, BrokenEventError, endOf, errorIn, readEvent } from "./serverAnswer.ts";
import type { TextRequest, TextResult } from "./serverClient.ts";
import { reasonIn, ServerError } from "./serverErrors.ts";
import { type AfterOpening, Stages, StopText, WholeCharacters, WithoutEndMarks } from "./streamedText.ts";

export interface Reading {
  host: string;
  model: string;
  /** Whether the server ends an answer without a reason when it abandons it for another request. */
  givesUp: boolean;
  clock: Clock;
  opening: AfterOpening;
  thoughts: WithoutThoughts;
}

/** The model thought until the maximum length was reached, and gave no answer. */
export class OnlyThoughtsError extends ServerError {}

/**
 * Milliseconds that more events are waited for after the server has said why its answer ended, because some servers
 * leave the connection open.
 */
const WHOLE_MS = 1_000;

/**
 * @returns what was read, and whether it began with thoughts that were not marked as such.
 * @throws ServerError when the answer is incomplete or empty; NetError; the signal's reason
 */
export async function readAnswer(
  reply: Reply,
  request: TextRequest,
  reading: Reading,
): Promise<{ result: TextResult; beganUnmarked: boolean }> {
  const { host, thoughts, clock } = reading;
  const stop = new StopText(request.stop);
  const stages = new Stages([new WholeCharacters(), thoughts, reading.opening, stop, new WithoutEndMarks()]);
  const read = {
    text: "",
    finish: "",
    promptTokens: 0,
    isDone: false,
    hasThought: false,
    unread: "",
    isRight: false,
    hasEvents: false,
  };
  let raw = "";
  let hasDelta = false;
  const add = (piece: string) => {
    read.text += piece;
    if (piece !== "") request.onText(piece);
  };
  const result = (): TextResult => {
    const { text, finish, promptTokens } = read;
    const end = endOf(finish);
    return { text, end: stop.found || end === "failed" ? "end" : end, isStopped: stop.found, promptTokens };
  };
  const isWhole = () => read.finish !== "" && !request.signal.aborted;
  for await (const event of untilWhole(reply, isWhole, clock)) {
    read.isDone = event === DONE;
    if (event === DONE) break;
    const parts = partsOf(event, host, read.isRight);
    read.hasEvents = true;
    read.unread = parts.length > 0 ? "" : event.data;
    for (const part of parts) {
      read.isRight ||= part.isUnderstood;
      read.promptTokens = Math.max(read.promptTokens, part.promptTokens);
      if (part.finish !== "") read.finish = part.finish;
      if (part.isThinking || part.thought !== "") thoughts.takeThought(part.thought);
      // Some servers repeat the whole answer as a message at the end of their stream.
      if (!(part.isMessage && hasDelta && part.text === raw)) {
        hasDelta ||= !part.isMessage && part.text !== "";
        raw += part.text;
        add(stages.take(part.text));
      }
      if ((part.isThinking || thoughts.isThinking) && !read.hasThought) {
        read.hasThought = true;
        request.onActivity?.("thinking");
      }
    }
    if (stop.found) return { result: result(), beganUnmarked: thoughts.wereUnmarked };
  }
  add(stages.end());
  requireEnd(read, reading);
  return { result: result(), beganUnmarked: thoughts.wereUnmarked };
}

/** The server's events, until the answer is complete and nothing follows. Errors after that are ignored. */
async function* untilWhole(
  reply: Reply,
  isWhole: () => boolean,
  clock: Clock,
): AsyncGenerator<ServerEvent | typeof DONE> {
  const source = events(reply.body);
  const waiting = new AbortController();
  try {
    for (;;) {
      const next = source.next();
      next.catch(() => {});
      const late = isWhole()
        ? clock.wait(WHOLE_MS, waiting.signal).then(() => undefined)
        : new Promise<never>(() => {});
      const found = await Promise.race([next, late]);
      if (found === undefined || found.done) return;
      yield found.value;
    }
  } catch (error) {
    if (!isWhole()) throw error;
  } finally {
    waiting.abort();
    // The source is not asked to end, because that would wait for an event that does not come.
    reply.destroy();
  }
}

/** @throws ServerError for an error in the event, and for an event of which only a part has come */
function partsOf({ data, isError }: ServerEvent, host: string, hasBegun: boolean): AnswerPart[] {
  if (isError) throw errorIn(data, host);
  try {
    return readEvent(data, host);
  } catch (error) {
    if (!(error instanceof BrokenEventError)) throw error;
    throw new ServerError(hasBegun ? brokenOff(host) : noInterface(host));
  }
}

interface Read {
  text: string;
  finish: string;
  isDone: boolean;
  hasThought: boolean;
  /** The data of the last event if it was not understood. */
  unread: string;
  hasEvents: boolean;
  /** Whether any event had the form of the interface. */
  isRight: boolean;
}

function requireEnd(read: Read, { host, model, givesUp }: Reading): void {
  const { text, finish, isDone, hasThought, unread, isRight } = read;
  if (endOf(finish) === "failed") throw new ServerError(`${host} ended the answer too early (${finish}): ask again.`);
  if (finish === "" && !isDone && unread !== "") {
    const reason = reasonIn(unread);
    throw new ServerError(reason === "" ? noInterface(host) : `${host}: ${reason}`);
  }
  if (!isRight && !isDone && finish === "" && text === "" && !hasThought && read.hasEvents) {
    throw new ServerError(noInterface(host));
  }
  if (finish === "" && isDone && givesUp) throw new ServerError(givenUp(host));
  // Many servers end an answer by closing the stream, and some do not say why.
  if (finish === "" && !isDone && text === "" && !hasThought) throw new ServerError(brokenOff(host));
  if (text !== "") return;
  if (hasThought) throw new OnlyThoughtsError(onlyThoughts(model));
  if (/tool|function_call/i.test(finish)) throw new ServerError(noTools(model));
  if (endOf(finish) === "filtered") throw new ServerError(`${host} withholds the answer (${finish}).`);
}

/** One line for an answer of another kind than those of the interface. */
export function noInterface(host: string): string {
  return `${host} does not answer as an OpenAI-compatible server does: check "sterna.server.address".`;
}

function noTools(model: string): string {
  return `${model} wants to call a tool instead of answering, and Sterna has none: ask again, or choose another model.`;
}

function brokenOff(host: string): string {
  return `${host} broke the answer off.`;
}

function onlyThoughts(model: string): string {
  return `${model} only thought, and its greatest length was reached before an answer: ask again, or choose a model that thinks less.`;
}

/** One line for an answer that ends properly, but too early. */
function givenUp(host: string): string {
  return (
    `${host} gave the answer up, as some servers do when another request comes: ` +
    "start llama-cpp-python's with --interrupt_requests false."
  );
}
