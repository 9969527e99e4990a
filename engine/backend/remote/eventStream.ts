/**
 * Server-sent events, out of bytes that come as they like. The parser is the library's; what is done here is what
 * servers of language models do beside the standard.
 */
import { createParser } from "eventsource-parser";

/** The end of the answer, which servers send in the form of data. */
export const DONE = Symbol("[DONE]");

/**
 * The data of each event; blank ones, which keep a connection alive, are left out. The last event may lack its closing
 * line end. A line "error: ..." counts as data, and so does a whole answer that is no stream.
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
      // llama.cpp's older servers say so what went wrong in the middle.
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
  // Behind events only an object says something: Ollama ends with one when its model has died.
  if (!isStream || plain.trimStart().startsWith("{")) add(plain);
  yield* found.splice(0);
}
