import assert from "node:assert/strict";
import { parseCommit } from "../../../../engine/chat/edits/parseCommit.ts";
import { parseNames } from "../../../../engine/chat/edits/parseNames.ts";

describe("another name keeps", () => {
  const cases: [what: string, present: string, answer: string, names: string[], languageId?: string][] = [
    ["the underscore that says private", "_itemCount", "itemTotal\n_total", ["_itemTotal", "_total"]],
    ["two of them", "__cache", "store", ["__store"]],
    ["a sigil", "$items", "$rows\nrow_list", ["$rows", "$rowList"]],
    ["the style below an underscore", "_item_count", "itemTotal", ["_item_total"]],
    ["a private constant's style", "_MAX_ITEMS", "itemLimit", ["_ITEM_LIMIT"]],
    ["a private class's style", "_CartItem", "shopping_item", ["_ShoppingItem"]],
    ["no underscore that was not there", "itemCount", "_itemTotal", ["itemTotal"]],
    ["the habit of the language", "total", "itemTotal\nsum", ["item_total", "sum"], "python"],
    ["the habit of another language", "total", "itemTotal", ["itemTotal"], "typescript"],
    ["a style of its own", "Test_addsNumbers", "Test_sumsUp", ["Test_sumsUp"]],
    ["letters of any script", "größe", "länge\n幅", ["länge", "幅"]],
    ["digits", "utf8Text", "utf16_text", ["utf16Text"]],
  ];
  for (const [what, present, answer, names, languageId] of cases) {
    it(what, () => assert.deepEqual(parseNames(answer, present, languageId), names));
  }
  it("nothing of a reserved word", () => assert.deepEqual(parseNames("_class\nclass\nkind", "_x"), ["_kind"]));
});

describe("a commit message with blocks of code", () => {
  const BODY = "Fix the parser\n\nRun it so:\n\n```sh\nnpm test\n```\n\nIt fails no more.";
  const cases: [string, string, string][] = [
    ["in its body", BODY, BODY],
    ["at its end", "Fix it\n\n```\na\n```", "Fix it\n\n```\na\n```"],
    ["in a block itself", `\`\`\`\n${BODY}\n\`\`\`\nI hope this helps.`, BODY],
    ["in a longer block", `\`\`\`\`text\n${BODY}\n\`\`\`\``, BODY],
    ["closed though it was not opened", "Fix it\n\nMore words.\n```\nThis says...", "Fix it\n\nMore words."],
    ["with an indented body", "Fix it\n\n    npm test\n\nmore", "Fix it\n\n    npm test\n\nmore"],
    ["in quotes", '"Fix it."', "Fix it"],
    ["with quoted words at both ends", '"a" becomes "b"', '"a" becomes "b"'],
    ["with Windows' line ends", "Fix it\r\n\r\nMore.", "Fix it\n\nMore."],
  ];
  for (const [what, answer, message] of cases) {
    it(what, () => assert.equal(parseCommit(answer), message));
  }
});
