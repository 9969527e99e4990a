import assert from "node:assert/strict";
import { WithoutThoughts } from "../../../engine/prompt/withoutThoughts.ts";

/** The answer and the thoughts of a text that comes in pieces of a size. */
function read(text: string, size: number, begin: "marked" | "unmarked" = "marked"): [answer: string, thoughts: string] {
  let thoughts = "";
  const stage = new WithoutThoughts(begin, (piece) => {
    thoughts += piece;
  });
  let answer = "";
  for (let at = 0; at < text.length; at += size) answer += stage.take(text.slice(at, at + size));
  return [answer + stage.end(), thoughts];
}

describe("thoughts before an answer", () => {
  const cases: [text: string, answer: string, thoughts: string, begin?: "unmarked"][] = [
    ["<think>\nWhy? </thin> k<\n</think>\n\nSo.", "So.", "Why? </thin> k<\n"],
    ["<think>\n\n</think>\n\nSo.", "So.", ""],
    ["[THINK]a[/THINK]b", "b", "a"],
    ["No <think>thoughts</think> here.", "No <think>thoughts</think> here.", ""],
    ["<think>only</thi", "", "only</thi"],
    ["a\n</think>\n\nb", "b", "a\n", "unmarked"],
    ["nothing unmarked", "nothing unmarked", "", "unmarked"],
    ["<think>a</think>\n\nb", "b", "a", "unmarked"],
    ["<think>a</think>\n\n", "", "a"],
  ];
  for (const [text, answer, thoughts, begin] of cases) {
    it(`are told apart wherever a text is cut: ${JSON.stringify(text)}`, () => {
      for (let size = 1; size <= text.length; size++) {
        assert.deepEqual(read(text, size, begin), [answer, thoughts], `in pieces of ${size}`);
      }
    });
  }

  it("are told while they are thought, but for what may be the closing mark", () => {
    const thoughts: string[] = [];
    const stage = new WithoutThoughts("marked", (piece) => thoughts.push(piece));
    for (const piece of ["<think>", "\n", "One ", "two.</", "thing>", "three</think>"]) stage.take(piece);
    assert.deepEqual(thoughts, ["One ", "two.", "</thing>", "three"]);
  });

  it("are over at their closing mark, so that the answer comes piece by piece", () => {
    const stage = new WithoutThoughts("unmarked");
    const answers = ["<think>a</think>", "\n\n", "b", " c"].map((piece) => stage.take(piece));
    assert.deepEqual([...answers, stage.end(), stage.isThinking], ["", "", "b", " c", "", false]);
  });
});
