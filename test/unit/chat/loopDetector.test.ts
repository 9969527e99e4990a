import assert from "node:assert/strict";
import { endsInLoop, LoopDetector } from "../../../engine/chat/loopDetector.ts";

describe("the loop detector", () => {
  const loops: [string, string][] = [
    ["a sentence", "I hope that this helps you with your question. ".repeat(6)],
    ["a word", `The answer is ${"very ".repeat(60)}`],
    ["a pair of lines", "- Check the input.\n- Check the output again, please.\n".repeat(5)],
    ["a letter", `Hm${"m".repeat(300)}`],
    [
      "a long paragraph",
      `${"The function takes the list, sorts it and returns the first. It is fast. ".repeat(3)}\n`.repeat(4),
    ],
    ["numbers, far too many", "0, ".repeat(500)],
  ];
  for (const [what, text] of loops) {
    it(`stops ${what}`, () => assert.equal(endsInLoop(`Well.\n${text}`), true));
  }
  const honest: [string, string][] = [
    ["a sentence said three times", "I hope that this helps you with your question. ".repeat(3)],
    ["a ruler", "-".repeat(120)],
    ["a table of zeros", "0, 0, 0, 0,\n".repeat(20)],
    ["rows of a table", Array.from({ length: 30 }, (_, i) => `| row ${i} | value ${i * i} |\n`).join("")],
    ["similar lines of code", "abcdefghij".replaceAll(/./g, (c) => `  add("${c}", ${c});\n`).repeat(2)],
    ["closing brackets", `${"})\n".repeat(20)}`],
  ];
  for (const [what, text] of honest) {
    it(`lets ${what} pass`, () => assert.equal(endsInLoop(text), false));
  }

  it("finds a loop in a stream soon after it has begun", () => {
    const detector = new LoopDetector();
    let written = "";
    for (const piece of Array.from({ length: 1000 }, () => ["Yes, ", "I am ", "good. "]).flat()) {
      written += piece;
      if (detector.push(piece)) {
        break;
      }
    }
    assert.ok(written.length < 300, `${written.length} characters`);
  });
});
