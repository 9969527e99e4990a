/** Reads the answer from a server's stream: its text, why it ended, and whether it is complete. */
import type { Clock } from "../../clock.ts";
import type { Reply } from "../../net/request.ts";
import type { WithoutThoughts } from "../../prompt/withoutThoughts.ts";
import { DONE, events } from "./eventStream.ts";
import { BrokenEventError, endOf, readEvent } from "./serverAnswer.ts";
import type { TextRequest, TextResult } from "./serverClient.ts";
import { ServerError } from "./serverErrors.ts";
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
  const read = { text: "", finish: "", promptTokens: 0, isDone: false, hasThought: false };
  const add = (piece: string) => {
    read.text += piece;
    if (piece !== "") request.onText(piece);
  };
  const result = (): TextResult => {
    const { text, finish, promptTokens } = read;
    return { text, end: stop.found ? "end" : endOf(finish), isStopped: stop.found, promptTokens };
  };
  let hasBegun = false;
  const isWhole = () => read.finish !== "" && !request.signal.aborted;
  for await (const event of untilWhole(reply, isWhole, clock)) {
    read.isDone = event === DONE;
    if (event === DONE) break;
    for (const part of partsOf(event, host, hasBegun)) {
      hasBegun = true;
      read.promptTokens = Math.max(read.promptTokens, part.promptTokens);
      if (part.finish !== "") read.finish = part.finish;
      if (part.isThinking || part.thought !== "") thoughts.takeThought(part.thought);
      add(stages.take(part.text));
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
async function* untilWhole(reply: Reply, isWhole: () => boolean, clock: Clock): AsyncGenerator<string | typeof DONE> {
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
function partsOf(event: string, host: string, hasBegun: boolean) {
  try {
    return readEvent(event, host);
  } catch (error) {
    throw hasBegun && error instanceof BrokenEventError ? new ServerError(brokenOff(host)) : error;
  }
}

function requireEnd(
  read: { text: string; finish: string; isDone: boolean; hasThought: boolean },
  { host, model, givesUp }: Reading,
): void {
  const { text, finish, isDone, hasThought } = read;
  if (finish === "" && isDone && givesUp) throw new ServerError(givenUp(host));
  // Many servers end an answer by closing the stream, and some do not say why.
  if (finish === "" && !isDone && text === "" && !hasThought) throw new ServerError(brokenOff(host));
  if (text !== "") return;
  if (hasThought) throw new OnlyThoughtsError(onlyThoughts(model));
  if (endOf(finish) === "filtered") throw new ServerError(`${host} withholds the answer (${finish}).`);
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
