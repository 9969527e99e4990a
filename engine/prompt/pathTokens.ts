/**
 * The path line of a prompt: tells the model the language and what the file is about.
 */

/**
 * Encodes path + line end; leading folders are dropped until it fits, and when nothing fits there is no path.
 *
 * @param budget tokens, the line end's included.
 * @param write how the path is written, e.g. as a comment.
 */
export function pathTokens(
  path: string,
  budget: number,
  encode: (text: string) => Uint32Array,
  write: (path: string) => string = (plain) => plain,
): Uint32Array {
  let rest = path;
  let tokens = encode(`${write(rest)}\n`);
  while (tokens.length > budget) {
    const slash = rest.indexOf("/");
    if (slash === -1) {
      return new Uint32Array();
    }
    rest = rest.slice(slash + 1);
    tokens = encode(`${write(rest)}\n`);
  }
  return tokens;
}
