import assert from "node:assert/strict";
import { type FoundPiece, piecesThatFit, searchWanted, withoutMention } from "../../../engine/chat/workspaceContext.ts";

describe("when a question is looked up in the workspace", () => {
  const open = ["src/cart.ts"];
  const cases: [text: string, hasContext: boolean, wanted: "asked" | "open" | "names" | "others" | undefined][] = [
    ["@workspace how are prices summed up", false, "asked"],
    ["how are prices summed up @workspace?", true, "asked"],
    ["what does cart.ts do with prices", false, "open"],
    ["what does cart.tsx do with prices", false, "names"],
    ["where is the retry done", false, "names"],
    ["what does parseQuery return", false, "names"],
    ["what is `limit` for", false, "names"],
    ["how is this project built", false, "names"],
    ["write a sort of numbers in Go", false, "others"],
    ["and why?", false, undefined],
    ["where is the retry done", true, undefined],
    ["/explain parseQuery", false, undefined],
    ["mail a@workspace.example.com please", false, "names"],
  ];
  for (const [text, hasContext, expected] of cases) {
    it(`${text}${hasContext ? " (with an attachment)" : ""}: ${expected ?? "it is not"}`, () => {
      const wanted = searchWanted(text, hasContext, open);
      const kind =
        wanted === undefined
          ? undefined
          : wanted.within.length > 0
            ? "open"
            : wanted.leastCoverage === 0
              ? "asked"
              : wanted.leastCoverage < 0.5
                ? "names"
                : "others";
      assert.equal(kind, expected);
    });
  }

  it("the mention is no part of what the model reads", () => {
    assert.equal(withoutMention("How @workspace is it done?"), "How is it done?");
    assert.equal(withoutMention("@workspaces are many"), "@workspaces are many");
  });
});

describe("what is read for a question", () => {
  const piece = (path: string, first: number, coverage = 1, text = "x"): FoundPiece => ({
    path,
    languageId: "typescript",
    first,
    last: first + 2,
    text,
    coverage,
  });
  const count = (text: string) => text.length;
  const labels = (...args: Parameters<typeof piecesThatFit>) => piecesThatFit(...args).map(({ label }) => label);

  it("is the best of the files with their lines, at most two of each and six in all", () => {
    const found = [1, 10, 20].flatMap((first) => ["a.ts", "b.ts", "c.ts", "d.ts"].map((path) => piece(path, first)));
    const chosen = labels(found, { leastCoverage: 0 }, 1000, count);
    assert.deepEqual(chosen, ["a.ts:1-3", "b.ts:1-3", "c.ts:1-3", "d.ts:1-3", "a.ts:10-12", "b.ts:10-12"]);
  });

  it("is nothing where too little of the question is found", () => {
    assert.deepEqual(labels([piece("a.ts", 1, 0.3)], { leastCoverage: 0.35 }, 1000, count), []);
    assert.deepEqual(labels([piece("a.ts", 1, 0)], { leastCoverage: 0 }, 1000, count), []);
  });

  it("fits the room, and is not read twice", () => {
    const found = [piece("a.ts", 1, 1, "x".repeat(50)), piece("b.ts", 1, 1, "x".repeat(500)), piece("c.ts", 1)];
    assert.deepEqual(labels(found, { leastCoverage: 0 }, 60, count), ["a.ts:1-3", "c.ts:1-3"]);
    assert.deepEqual(labels(found, { leastCoverage: 0 }, 60, count, new Set(["a.ts:1-3"])), ["c.ts:1-3"]);
  });
});
