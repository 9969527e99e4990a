/**
 * Answers with any content, for documents with any content: an accepted one changes the lines in question and no
 * others.
 */
import assert from "node:assert/strict";
import { applyTo } from "../../../engine/chat/edits/applyTarget.ts";
import { insertion } from "../../../engine/chat/edits/insertion.ts";
import { parseCommit } from "../../../engine/chat/edits/parseCommit.ts";
import { parseNames } from "../../../engine/chat/edits/parseNames.ts";
import { planEdit } from "../../../engine/chat/edits/plan.ts";
import { focusOf } from "../../../engine/prompt/focus.ts";
import type { CodeContext, EditTask } from "../../../engine/protocol/tasks.ts";
import { linesOf } from "../../../engine/text/lines.ts";
import { rounds } from "../support/mutate.ts";
import { Random } from "../support/testRandom.ts";

const LANGUAGES = [
  "typescript",
  "python",
  "go",
  "rust",
  "c",
  "ruby",
  "shellscript",
  "markdown",
  "yaml",
  "html",
  "sql",
  "kotlin",
  "makefile",
  "plaintext",
  "unknown-language",
] as const;
const TASKS: readonly [EditTask, ...EditTask[]] = ["edit", "refactor", "fix", "document"];

/**
 * Lines with everything that makes code difficult: brackets, quotes, fences, comments, odd white space, other scripts.
 */
const PIECES = [
  "",
  "x = 1",
  "if (a) {",
  "}",
  "def f(a, b):",
  "    return a",
  "\treturn b;",
  "```",
  "```js",
  "````",
  "~~~",
  '"""',
  "'''",
  "`",
  "/*",
  "*/",
  "/** Old. */",
  "// note",
  "# note",
  "#!/bin/sh",
  "//go:noinline",
  "@decorator(",
  ")",
  "});",
  "...",
  "...rest,",
  "// ... rest of the code",
  "Here is the new code of this part:",
  "I cannot do that for you.",
  'a = "\\"',
  "case a) b ;;",
  "<p>",
  "</p>",
  "#if X",
  "#endif",
  "namespace a {",
  "漢字 = 'ü👍🏽'",
  "\u2028",
  "    ",
  "\t \t",
  "a,  # note:",
  "cat <<EOF",
  "EOF",
  "end",
  "func f() {",
  "$& $1 $$",
] as const satisfies [string, ...string[]];
const INDENTS = ["", "", "  ", "    ", "\t", "        ", " "] as const satisfies readonly [string, ...string[]];

function someLines(random: Random, most: number): string[] {
  return Array.from({ length: random.below(most) + 1 }, () => random.pick(INDENTS) + random.pick(PIECES));
}

function someCode(random: Random): CodeContext {
  const lines = someLines(random, 30);
  const start = random.below(lines.length);
  const end = random.below(3) === 0 ? start : Math.min(lines.length, start + 1 + random.below(8));
  const outer = {
    name: "f",
    start: Math.max(0, start - random.below(4)),
    end: Math.min(lines.length, end + 1 + random.below(4)),
  };
  return {
    path: "a/b.x",
    languageId: random.pick(LANGUAGES),
    text: lines.join(random.below(4) === 0 ? "\r\n" : "\n"),
    selection: { start, end },
    symbols: random.below(2) === 0 ? [{ ...outer, isBlock: true }] : [],
    indent: random.pick([2, 4, "tab"]),
  };
}

/** Similar to the document, so that whole parts of it occur again, or unrelated to it. */
function someAnswer(random: Random, { text, selection }: CodeContext): string {
  const lines = linesOf(text);
  const known = random.below(3) === 0 ? lines : lines.slice(selection.start, selection.end);
  const answer = random.below(3) === 0 ? someLines(random, 12) : [...known];
  for (let count = random.below(4); count > 0; count--) {
    answer.splice(random.below(answer.length + 1), random.below(2), random.pick(PIECES));
  }
  return answer.join("\n");
}

describe("answers of any content", () => {
  it("change the lines in question and no others", () => {
    const random = new Random(21);
    let accepted = 0;
    for (let round = 0; round < 1_500 * rounds(1); round++) {
      const code = someCode(random);
      const task = random.pick(TASKS);
      const focus = focusOf(task, code);
      if (focus === undefined) continue;
      const plan = planEdit(task, code, focus, "x");
      const answer = someAnswer(random, code);
      const parsed = plan.parse(answer, "end");
      plan.soFar(answer);
      if (parsed.kind === "refused") continue;
      accepted++;
      const lines = linesOf(code.text);
      const { start, end } = plan.target;
      const counterexample = JSON.stringify({ code, task, answer, parsed, target: plan.target });
      assert.ok(start >= 0 && start <= end && end <= lines.length, counterexample);
      assert.ok(!/\r/.test(parsed.text), counterexample);
      if (task === "document") {
        // A comment never replaces code, and code that is included is written back.
        for (const line of lines.slice(start, end)) {
          const words = line.trim();
          const isComment =
            /^(\/\/|\/\*|\*|#|--|<!--|[rRuU]?("""|'''|"|'))/.test(words) ||
            words === "" ||
            insideComment(lines, start, end);
          assert.ok(isComment || words.split(/\s+/).every((word) => parsed.text.includes(word)), counterexample);
        }
        assert.ok(start <= focus.end, counterexample);
      } else {
        assert.deepEqual(plan.target, focus);
        // Every word of the accepted answer is there, in order, apart from fences around it.
        const written = words(parsed.text);
        const said = words(answer);
        assert.ok(isPartOf(written, said), counterexample);
        // A fence, or a blank line, may be followed by talk, which is left out. Else everything must be there.
        if (!/^\s*(?:`{3,}|~{3,})|^I cannot/m.test(answer)) {
          const at = said.findIndex((_, index) => written.every((word, i) => said[index + i] === word));
          // What is left out is in the file already, directly above or below.
          const above = words(lines.slice(0, start).join("\n"));
          const below = words(lines.slice(end).join("\n"));
          const rest = said.slice(at + written.length);
          assert.deepEqual(said.slice(0, at), at === 0 ? [] : above.slice(-at), counterexample);
          assert.deepEqual(rest, below.slice(0, rest.length), counterexample);
        }
      }
    }
    assert.ok(accepted > 300, `${accepted} were accepted`);
  }).timeout(60_000 * rounds(1));

  it("are applied to lines of the file, with every word of theirs, or refused", () => {
    const random = new Random(22);
    for (let round = 0; round < 700 * rounds(1); round++) {
      const code = someCode(random);
      const answer = someAnswer(random, code);
      const { target, ...parsed } = applyTo(code, answer, random.below(3) === 0 ? someAnswer(random, code) : "");
      const counterexample = JSON.stringify({ code, answer, parsed, target });
      const lines = linesOf(code.text);
      assert.ok(target.start >= 0 && target.start <= target.end && target.end <= lines.length, counterexample);
      if (parsed.kind === "edit") assert.ok(isPartOf(words(parsed.text), words(answer)), counterexample);
    }
  }).timeout(60_000 * rounds(1));

  it("are inserted whole, and what stood on the line stays", () => {
    const random = new Random(23);
    for (let round = 0; round < 700 * rounds(1); round++) {
      const code = someCode(random);
      const line = linesOf(code.text)[code.selection.start] ?? "";
      const at = random.below(line.length + 1);
      const text = someAnswer(random, code);
      const out = insertion(code, text, { before: line.slice(0, at), after: line.slice(at) });
      // The marks of comments and of lists are those of the line.
      const told = (all: string) => words(all).filter((word) => !/^(?:[-*+#>;%/!']+|\d+[.)])$/.test(word));
      assert.deepEqual(told(out), told(text), JSON.stringify({ code, text, at, out }));
    }
  }).timeout(60_000 * rounds(1));

  it("give names that are names, and messages of their own words", () => {
    const random = new Random(24);
    for (let round = 0; round < 700 * rounds(1); round++) {
      const text = someLines(random, 8).join("\n");
      for (const name of parseNames(text, random.pick(["a", "_b", "$c", "D_E", "FooBar", "__init__"]))) {
        assert.match(name, /^[\p{L}_$][\p{L}\p{N}_$]*$/u);
      }
      const message = parseCommit(text);
      assert.ok(isPartOf(words(message), words(text)), JSON.stringify({ text, message }));
    }
  });
});

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** Whether the words occur among the others in the same order, perhaps with others between them. */
function isPartOf(some: readonly string[], all: readonly string[]): boolean {
  let at = 0;
  return some.every((word) => {
    while (at < all.length && !all[at]?.includes(word)) at++;
    at++;
    return at <= all.length;
  });
}

/** Whether the lines are one complete comment. */
function insideComment(lines: readonly string[], start: number, end: number): boolean {
  return (
    /^\s*(\/\*\*|[rRuU]?("""|'''|"|'))/.test(lines[start] ?? "") && /(\*\/|"""|'''|"|')\s*$/.test(lines[end - 1] ?? "")
  );
}
