/** The path line of a prompt, which tells the model the language and the subject of the file. */

/**
 * Encodes the path and a line end. Its first folders are left out until the rest fits; if not even the file's name fits,
 * the result is empty.
 *
 * @param budget tokens, including the line end.
 * @param write how the path is written, for example as a comment.
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
