/** Server-sent events: the data of each event, out of bytes that come as they like. */

/**
 * @param body bytes of UTF-8
 * @param onDone called when "[DONE]" comes, not when the bytes just end
 * @returns the data of the events, without the closing "[DONE]"
 */
export async function* events(body: AsyncIterable<Uint8Array>, onDone = () => {}): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const data = /^data: ?(.*)$/.exec(line)?.[1];
      if (data === "[DONE]") return onDone();
      if (data !== undefined) yield data;
    }
  }
}
