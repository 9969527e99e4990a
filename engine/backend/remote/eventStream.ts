/**
 * Reads server-sent events from a stream of bytes that may be cut anywhere. A library parses the standard; this file
 * adds what servers of language models do in addition.
 */
import { createParser } from "eventsource-parser";

/** Marks the end of the answer, which servers send as an event with this data. */
export const DONE = Symbol("[DONE]");

/**
 * The data of each event. Blank events, which keep a connection alive, are left out, and the last event may lack its
 * closing line end. A line "error: ..." counts as data, and so does an answer that is not a stream of events.
 *
 * @param body bytes of UTF-8
 */
export async function* events(body: AsyncIterable<Uint8Array>): AsyncGenerator<string | typeof DONE> {
  const decoder = new TextDecoder();
  const found: (string | typeof DONE)[] = [];
  let plain = "";
  let isStream = false;
  const add = (data: string) => {
    const text = data.trim();
    if (text === "[DONE]") found.push(DONE);
    else if (text !== "") found.push(text);
  };
  const parser = createParser({
    onEvent: ({ data }) => add(data),
    onError: ({ type, field, value, line }) => {
      if (type !== "unknown-field") return;
      // Older versions of llama.cpp's server report an error in the middle of an answer in this way.
      if (field === "error" && value !== undefined) add(value);
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
