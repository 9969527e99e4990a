/**
 * Reads server-sent events from a stream of bytes that may be cut anywhere. A library parses the standard; this file
 * adds what servers of language models do in addition.
 */
import { createParser } from "eventsource-parser";
import { parseJson } from "../../net/json.ts";

/** Marks the end of the answer, which servers send as an event with this data. */
export const DONE = Symbol("[DONE]");

export interface ServerEvent {
  data: string;
  /** Whether the server calls it an error. */
  isError: boolean;
}

/** "[DONE]" as servers write it. */
const DONE_MARK = /^"?\[?done\]?"?$/i;
/** The name of a field, which some gateways write a second time into its value. */
const DATA_AGAIN = /^(data:\s*)+/;

/**
 * The data of each event. Blank events, which keep a connection alive, are left out, and the last event may lack its
 * closing line end. A line "error: ..." counts as data, and so does an answer that is not a stream of events. Where
 * events lack the blank line between them, each line of data is an event.
 *
 * @param body bytes of UTF-8
 */
export async function* events(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent | typeof DONE> {
  const decoder = new TextDecoder();
  const found: (ServerEvent | typeof DONE)[] = [];
  let plain = "";
  let isStream = false;
  const add = (given: string, isError = false) => {
    const data = given.trim().replace(DATA_AGAIN, "");
    if (DONE_MARK.test(data)) found.push(DONE);
    else if (data.includes("\n") && parseJson(data) === undefined && data.split("\n").some(isObject)) {
      for (const line of data.split("\n")) add(line, isError);
    } else if (data !== "") found.push({ data, isError });
  };
  const parser = createParser({
    onEvent: ({ data, event }) => add(data, event === "error"),
    onError: ({ type, field = "", value, line }) => {
      if (type !== "unknown-field") return;
      const name = field.replace(/[^a-z]/gi, "").toLowerCase();
      // Older versions of llama.cpp's server report an error in the middle of an answer in this way.
      if (name === "error" && value !== undefined && /^\W*error$/i.test(field)) add(value, true);
      else if (name === "data" && value !== undefined && !/["']/.test(field)) add(value);
      else plain += `${line ?? ""}\n`;
    },
  });
  for await (const bytes of body) {
    parser.feed(decoder.decode(bytes, { stream: true }));
    isStream ||= found.length > 0;
    yield* found.splice(0);
  }
  parser.feed(`${decoder.decode()}\n\n`);
  isStream ||= found.length > 0;
  // After events, only a JSON object is of interest: Ollama sends one when its model's process has ended.
  if (!isStream || plain.trimStart().startsWith("{")) add(plain);
  yield* found.splice(0);
}

function isObject(line: string): boolean {
  const value = parseJson(line.trim().replace(DATA_AGAIN, ""));
  return typeof value === "object" && value !== null;
}
