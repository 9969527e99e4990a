import assert from "node:assert/strict";
import { ListAtOnce, type ListSettings, opensAfterKey } from "../../../extension/inline/listAtOnce.ts";
import type { TypedChange } from "../../../extension/inline/listBeside.ts";

const WORD = { uri: "file:///a.ts", start: 10 };

describe("VS Code's list at a keystroke without a suggestion", () => {
  describe("is thought of only when a letter or a digit was typed", () => {
    const at = (text: string, rangeLength = 0): TypedChange => ({ rangeOffset: 4, rangeLength, text });
    const cases: [what: string, changes: TypedChange[], offset: number | undefined][] = [
      ["a letter", [at("a")], 5],
      ["a digit", [at("7")], 5],
      ["an underscore", [at("_")], 5],
      ["a dot, at which VS Code opens it by itself", [at(".")], undefined],
      ["a blank", [at(" ")], undefined],
      ["a line end", [at("\n")], undefined],
      ["text that was pasted", [at("abc")], undefined],
      ["text that was replaced", [at("a", 1)], undefined],
      ["text that was deleted", [at("", 1)], undefined],
      ["a character that may be composed", [at("あ")], undefined],
      ["changes in two places", [at("a"), at("a")], undefined],
      ["no change", [], undefined],
    ];
    for (const [what, changes, offset] of cases) {
      it(what, () => assert.equal(new ListAtOnce().typed(changes), offset));
    }
  });

  describe("is opened", () => {
    const typedLetter: TypedChange = { rangeOffset: 12, rangeLength: 0, text: "x" };
    const cases: [what: string, before: (list: ListAtOnce) => void, length: number, opens: boolean][] = [
      ["at the first letter of a word", () => {}, 1, true],
      ["within a word in which nothing was typed before", () => {}, 4, true],
      ["once in a word, because it may be on its way", (list) => list.answered(WORD, false), 2, false],
      ["in another word again", (list) => list.answered({ ...WORD, start: 3 }, false), 1, true],
      ["in another document again", (list) => list.answered({ ...WORD, uri: "file:///b.ts" }, false), 1, true],
      ["after ghost text, beside which VS Code opens none", (list) => list.answered(WORD, true), 2, true],
      [
        "not after ghost text that came after the list",
        (list) => {
          list.answered(WORD, true);
          list.answered(WORD, false);
        },
        3,
        false,
      ],
      ["not while it is open", (list) => list.asked(true), 2, false],
      [
        "again when it has been closed",
        (list) => {
          list.answered(WORD, false);
          list.asked(true);
          list.asked(false);
        },
        3,
        true,
      ],
      [
        "at the next key after the user has closed it, which VS Code asks about, too",
        (list) => {
          list.typed([typedLetter]);
          list.answered(WORD, false);
          list.asked(true);
          list.asked(false);
          list.answered(WORD, false);
          list.typed([typedLetter]);
        },
        3,
        true,
      ],
      [
        "not where it has closed at a key, because VS Code may open it again",
        (list) => {
          list.asked(true);
          list.typed([typedLetter]);
          list.asked(false);
          list.answered(WORD, false);
        },
        3,
        false,
      ],
      [
        "not at a first letter that an input method may turn into something else",
        (list) => list.typed([{ rangeOffset: 0, rangeLength: 2, text: "你" }]),
        1,
        false,
      ],
      [
        "at later letters for who has an input method",
        (list) => list.typed([{ rangeOffset: 0, rangeLength: 2, text: "你" }]),
        2,
        true,
      ],
      [
        "at a first letter after an item of the list was accepted",
        (list) => list.typed([{ rangeOffset: 0, rangeLength: 2, text: "print" }]),
        1,
        true,
      ],
    ];
    for (const [what, before, length, opens] of cases) {
      it(what, () => {
        const list = new ListAtOnce();
        before(list);
        assert.equal(list.mayOpen(WORD, length), opens);
      });
    }
  });

  describe("is opened right after the key by VS Code's settings", () => {
    const usual: ListSettings = { delayMs: 10, hasInlineSuggestions: true, isClosedInSnippets: false };
    const cases: [what: string, settings: Partial<ListSettings>, opens: boolean][] = [
      ["as they are by default", {}, true],
      ["of a version that lacks some", { delayMs: undefined, isClosedInSnippets: undefined }, true],
      ["but not with a long delay", { delayMs: 300 }, false],
      ["nor without inline suggestions, for which VS Code then does not wait", { hasInlineSuggestions: false }, false],
      ["nor when it is to stay closed in snippets", { isClosedInSnippets: true }, false],
    ];
    for (const [what, settings, opens] of cases) {
      it(what, () => assert.equal(opensAfterKey({ ...usual, ...settings }), opens));
    }
  });
});
