import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type Hole, KINDS, type Kind, parseHoles } from "../../../engine/eval/hole.ts";
import { blockEnd, makeHoles } from "../../../engine/eval/makeHoles.ts";
import { ngramAnswer } from "../../../engine/eval/ngram.ts";
import { answerOf, score, similarity } from "../../../engine/eval/score.ts";
import { root } from "../root.ts";

const FILES = ["engine/backend/scheduler.ts", "engine/backend/calibration.ts", "training/model.py"].map((path) => ({
  path,
  text: readFileSync(`${root}/${path}`, "utf8"),
}));

describe("holes", () => {
  const holes = makeHoles(FILES, 30, 1);

  it("are as many of each kind as were asked for, and the same again", () => {
    for (const kind of KINDS) assert.equal(holes.filter((hole) => hole.kind === kind).length, 30, kind);
    assert.deepEqual(makeHoles(FILES, 30, 1), holes);
    assert.notDeepEqual(makeHoles(FILES, 30, 2), holes);
  });

  it("are taken out of the files", () => {
    for (const { path, kind, prefix, middle, suffix } of holes) {
      const text = FILES.find((file) => file.path === path)?.text ?? "";
      assert.ok(text.startsWith(prefix + middle), path);
      const rest = text.slice(prefix.length + middle.length).replace(/\n$/, "");
      // After an identifier or an argument, only the closed bracket of the line is there already.
      const lineEnd = rest.indexOf("\n");
      const below = lineEnd === -1 ? "" : rest.slice(lineEnd);
      const left: Record<Kind, string> = { line: rest, identifier: below, arguments: `)${below}`, block: rest };
      assert.equal(suffix, left[kind], `${kind} ${path}`);
      assert.notEqual(middle.trim(), "");
    }
  });

  it("are of their kinds", () => {
    const ofKind = (kind: Kind) => holes.filter((hole) => hole.kind === kind);
    for (const { middle } of ofKind("line")) assert.ok(!middle.includes("\n"));
    for (const { middle } of ofKind("identifier")) assert.match(middle, /^[\w$]+$/);
    for (const { prefix, middle } of ofKind("arguments")) assert.ok(prefix.endsWith("(") && !/[()]/.test(middle));
    for (const { prefix, middle, suffix } of ofKind("block")) {
      const indent = prefix.slice(prefix.lastIndexOf("\n") + 1);
      assert.match(indent, /^ +$/);
      for (const line of middle.split("\n").slice(1)) assert.ok(line === "" || line.startsWith(indent), line);
      assert.ok(!suffix.slice(1).startsWith(indent));
    }
  });

  it("are none where there is no place", () => {
    assert.deepEqual(makeHoles([], 5, 1), []);
    assert.deepEqual(makeHoles([{ path: "a.ts", text: "a\nb\nc\n" }], 5, 1), []);
    assert.deepEqual(makeHoles([{ path: "a.ts", text: `${"// only words here\n".repeat(9)}` }], 5, 1), []);
  });

  const blocks: [string[], number][] = [
    [["if (a) {", "  b", "}"], 1],
    [["def f():", "  a", "", "  b", "c"], 3],
    [["a =", "  b"], 0],
    [["f() {", "", "  b", "}"], 0],
    [["f() {", "}"], 0],
  ];
  for (const [lines, end] of blocks) {
    it(`find the block of ${JSON.stringify(lines)}`, () => assert.equal(blockEnd(lines, 0), end));
  }
});

describe("a file of holes", () => {
  const hole: Hole = { path: "a.ts", kind: "line", prefix: "let a", middle: " = 1", suffix: "\n" };

  it("is read, with or without empty lines", () => {
    assert.deepEqual(parseHoles(`${JSON.stringify(hole)}\n\n${JSON.stringify({ ...hole, more: 1 })}\n`), [hole, hole]);
  });

  const wrong: [string, RegExp][] = [
    ["{", /^line 2 is no hole: it is no JSON$/],
    ["3", /it is no object/],
    [JSON.stringify({ ...hole, kind: "file" }), /its "kind" is none of line, identifier, arguments, block/],
    [JSON.stringify({ ...hole, prefix: 3 }), /its "prefix" is no text/],
    [JSON.stringify({ ...hole, middle: " " }), /its "middle" is empty/],
  ];
  for (const [line, message] of wrong) {
    it(`with ${line} is refused`, () => {
      assert.throws(() => parseHoles(`${JSON.stringify(hole)}\n${line}`), { message });
    });
  }
});

describe("an answer", () => {
  const cases: [Kind, string, string][] = [
    ["line", "a + b; \nc", "a + b;"],
    ["identifier", "ength - 1", "ength"],
    ["identifier", " x", ""],
    ["arguments", "a, f(b), [c]);", "a, f(b), [c]"],
    ["arguments", "a", "a"],
    ["block", "a\nb\n", "a\nb"],
  ];
  for (const [kind, text, part] of cases) {
    it(`${JSON.stringify(text)} to a hole of kind ${kind} is ${JSON.stringify(part)}`, () => {
      assert.equal(answerOf(kind, text), part);
    });
  }
});

describe("scores", () => {
  const similarities: [string, string, number][] = [
    ["", "", 1],
    ["abc", "abc", 1],
    ["abc", "", 0],
    ["abcd", "abxd", 0.75],
    ["ab", "abcd", 0.5],
    ["kitten", "sitting", 1 - 3 / 7],
  ];
  for (const [a, b, value] of similarities) {
    it(`say that "${a}" and "${b}" are alike by ${value.toFixed(2)}`, () => {
      assert.ok(Math.abs(similarity(a, b) - value) < 1e-12);
      assert.ok(Math.abs(similarity(b, a) - value) < 1e-12);
    });
  }

  it("count silences, right answers and similarity by group", () => {
    const hole = (path: string, middle: string): Hole => ({ path, kind: "line", prefix: "", middle, suffix: "" });
    const holes = [hole("a.ts", "abcd"), hole("b.ts", "abcd"), hole("c.py", "abcd ")];
    const groups = ({ path }: Hole) => ["all", path.slice(-2)];
    assert.deepEqual(score(holes, [undefined, "abxd", "abcd\nmore"], groups), {
      all: { holes: 3, answered: 2, right: 1, similarity: 0.875 },
      ts: { holes: 2, answered: 1, right: 0, similarity: 0.75 },
      py: { holes: 1, answered: 1, right: 1, similarity: 1 },
    });
  });
});

describe("the n-gram baseline", () => {
  const cases: [string, string, string, string | undefined][] = [
    ["goes on as the file did", "const a = list.length;\nconst b = list", "", ".length;"],
    ["learns from below the cursor, too", "x = ", "\ny = 3\nx = call(1)\n", "call(1)"],
    ["takes the more frequent word", "a(1)\na(2)\na(2)\nb\na(", "", "2)"],
    ["takes the longest end it knows", "a(0)\nb(1)\nb(1)\na(", "", "0)"],
    ["ends the word that is begun", "const length;\nreturn len", "", "gth;"],
    ["stops at the end of the line", "foo bar\nfoo", "", " bar"],
    ["says nothing where nothing followed", "a b", "", undefined],
    ["says nothing in an empty file", "", "", undefined],
  ];
  for (const [title, prefix, suffix, answer] of cases) {
    it(title, () => assert.equal(ngramAnswer(prefix, suffix), answer));
  }
});
