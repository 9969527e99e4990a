import assert from "node:assert/strict";
import { changed, selected } from "./changedFile.ts";

/** Languages that close blocks by a word, with the head of a block and that word. */
const LANGUAGES = [
  ["julia", "if ok", "end"],
  ["ruby", "if ok", "end"],
  ["lua", "if ok then", "end"],
  ["shellscript", "if ok; then", "fi"],
] as const;

describe("an answer whose last lines close blocks as those below do", () => {
  for (const [languageId, head, end] of LANGUAGES) {
    it(`keeps them, in ${languageId}`, () => {
      const file = ["        " + head, `>            print(1)`, `        ${end}`, `    ${end}`, ""].join("\n");
      const answer = [
        "print(1)",
        "    " + head,
        "        " + head,
        "            print(2)",
        `        ${end}`,
        `    ${end}`,
      ];
      const written = answer.map((line) => `            ${line}`);
      const expected = ["        " + head, ...written, `        ${end}`, `    ${end}`, ""].join("\n");
      assert.equal(changed("edit", selected(languageId, file, 4), written.join("\n")), expected);
    });
  }
});
