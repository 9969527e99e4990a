/** Code that repeats itself, as people and models write it: the rows differ only in names and numbers. */

export type RepeatingText = "table" | "switch" | "testFile";

export const REPEATING: Record<RepeatingText, string> = {
  table: [
    "export const COUNTRIES: Record<string, Country> = {",
    ...[
      ["fr", "France", 33],
      ["de", "Germany", 49],
      ["it", "Italy", 39],
      ["es", "Spain", 34],
      ["pt", "Portugal", 351],
      ["pl", "Poland", 48],
      ["nl", "Netherlands", 31],
      ["be", "Belgium", 32],
      ["at", "Austria", 43],
      ["ch", "Switzerland", 41],
      ["dk", "Denmark", 45],
      ["no", "Norway", 47],
    ].map(([key, name, code]) => `  ${key}: { name: "${name}", code: ${code}, inUnion: true },`),
    "};\n",
  ].join("\n"),
  switch: [
    "function nameOf(kind: Kind): string {",
    "  switch (kind) {",
    ...["Add", "Remove", "Rename", "Move", "Copy", "Delete", "Open", "Close", "Save"].flatMap((name) => [
      `    case Kind.${name}:`,
      `      return translate("kind.${name}");`,
    ]),
    "    default:",
    "      throw new Error(kind);",
    "  }",
    "}\n",
  ].join("\n"),
  testFile: [
    'describe("the parser", () => {',
    ...["an empty line", "a comment", "a number", "a string", "a list", "a call"].flatMap((what, i) => [
      `  it("reads ${what}", () => {`,
      `    const result = parse(inputs[${i}]);`,
      '    assert.equal(result.kind, "ok");',
      `    assert.equal(result.line, ${i});`,
      "  });\n",
    ]),
    "});\n",
  ].join("\n"),
};

/**
 * Splits a text like Llama 3's tokenizer before its vocabulary look-up; nearly all of these pieces are single tokens in
 * its vocabulary of 128,000. Equal pieces get equal tokens, but the ids are arbitrary.
 */
export function tokensOfText(text: string): Uint32Array {
  const pieces =
    text.match(/[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu) ?? [];
  const known = new Map<string, number>();
  return Uint32Array.from(pieces, (piece) => {
    const token = known.get(piece) ?? known.size;
    known.set(piece, token);
    return token;
  });
}
