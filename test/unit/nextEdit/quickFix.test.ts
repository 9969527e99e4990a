import assert from "node:assert/strict";
import { causedProblems, editOfFix } from "../../../engine/nextEdit/quickFix.ts";
import type { NextEditFixParams } from "../../../engine/protocol/nextEdit.ts";

const TEXT = `import { a } from "./a.js";\n\nconst size = useSize();\nprint(itemCount);\n`;
/** The cursor is behind `useSize();`, which was just typed. */
const CURSOR = TEXT.indexOf("useSize();") + "useSize();".length;
const EDITED = [{ start: TEXT.indexOf("const"), end: CURSOR }];
const MESSAGE = "Cannot find name.";

/** The place of a text in the document, with a message. */
function problem(text: string, message = MESSAGE) {
  return { offset: TEXT.indexOf(text), length: text.length, message };
}

/** A preferred fix that replaces the first occurrence of a text. */
function fix(before: string, after: string, isPreferred = true): NextEditFixParams["fixes"][number] {
  const offset = before === "" ? 0 : TEXT.indexOf(before);
  return { title: "Fix it", isPreferred, changes: [{ offset, length: before.length, text: after }] };
}

describe("errors that the last edits have caused", () => {
  const causes = (given: { before?: string[]; cursor?: number; dismissed?: string }) =>
    causedProblems(
      {
        problems: [problem("a.js", "No such file."), problem("itemCount", "No such name."), problem("useSize")],
        before: given.before ?? [],
        offset: given.cursor ?? CURSOR,
      },
      ({ message }) => message === given.dismissed,
    ).map(({ message }) => message);

  it("come with the nearest to the cursor first", () => {
    assert.deepEqual(causes({}), [MESSAGE, "No such name.", "No such file."]);
  });

  it("are not those that were there before", () => {
    assert.deepEqual(causes({ before: ["No such name."] }), [MESSAGE, "No such file."]);
  });

  it("are not those where the cursor is, because that is still being typed", () => {
    assert.deepEqual(causes({ cursor: TEXT.indexOf("useSize") + "useSize".length }), [
      "No such name.",
      "No such file.",
    ]);
  });

  it("are not those whose fix was dismissed", () => {
    assert.deepEqual(causes({ dismissed: MESSAGE }), ["No such name.", "No such file."]);
  });

  it("are three at most", () => {
    const problems = Array.from({ length: 9 }, (_, index) => ({ offset: 50 + index, length: 1, message: `${index}` }));
    const near = causedProblems({ problems, before: [], offset: 0 }, () => false);
    assert.deepEqual(
      near.map(({ message }) => message),
      ["0", "1", "2"],
    );
  });
});

describe("a quick fix as the next edit", () => {
  const edit = (fixes: NextEditFixParams["fixes"], cursor = CURSOR) =>
    editOfFix(
      { problem: problem("useSize"), fixes, offset: cursor },
      { uri: "file:///b.ts", path: "b.ts", version: 7, text: TEXT },
      EDITED,
    );

  it("has the smallest change, its place, and the title that the language service gives", () => {
    const found = edit([fix("{ a }", "{ a, useSize }"), fix("useSize", "useState", false)]);
    assert.deepEqual(found, {
      uri: "file:///b.ts",
      path: "b.ts",
      version: 7,
      change: { offset: TEXT.indexOf(" }"), length: 0, text: ", useSize" },
      oldText: "",
      line: 0,
      lineText: `import { a } from "./a.js";`,
      description: "Fix it",
      rule: `fix\0${MESSAGE}`,
      count: 1,
    });
  });

  for (const [name, fixes, isMade] of [
    ["inserts a line", [fix("", `import { useSize } from "./b.js";\n`)], true],
    ["replaces a use elsewhere", [fix("itemCount", "count")], true],
    ["inserts text on the line that was just written", [fix("useSize", "await useSize")], true],
    ["replaces what was just written", [fix("useSize", "useState")], false],
    ["inserts text at the cursor", [{ ...fix("", ""), changes: [{ offset: CURSOR, length: 0, text: ";" }] }], false],
    ["is not preferred", [fix("itemCount", "count", false)], false],
    ["is one of two preferred ones", [fix("itemCount", "count"), fix("itemCount", "total")], false],
    [
      "changes two places",
      [{ ...fix("", "x"), changes: [fix("a", "b"), fix("c", "d")].flatMap((f) => f.changes ?? []) }],
      false,
    ],
    ["does more than to change the document", [{ title: "Install it", isPreferred: true }], false],
    ["changes nothing", [fix("itemCount", "itemCount")], false],
    ["inserts many lines", [fix("", "line\n".repeat(4))], false],
    ["inserts much", [fix("", "x".repeat(201))], false],
    ["is outside the document", [{ ...fix("", ""), changes: [{ offset: TEXT.length, length: 1, text: "" }] }], false],
  ] as const satisfies readonly (readonly [string, NextEditFixParams["fixes"], boolean])[]) {
    it(`${isMade ? "is made" : "is not made"} when it ${name}`, () => {
      assert.equal(edit([...fixes]) !== undefined, isMade);
    });
  }

  it("is not made when there is none", () => {
    assert.equal(edit([]), undefined);
  });
});
