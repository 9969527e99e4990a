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
    ["the sign of a private member", "#count", "total\n#itemCount", ["#total", "#itemCount"], "javascript"],
    ["the signs of a variable", "@@count", "@total", ["@@total"], "ruby"],
    ["the mark of a question", "empty?", "blank?\nis_empty", ["blank?", "is_empty?"], "ruby"],
    ["an underscore at its end", "count_", "total", ["total_"], "cpp"],
    ["a letter that says where it lives", "m_count", "total\nm_sum", ["m_total", "m_sum"], "cpp"],
    ["underscores at both ends", "__init__", "start", ["__start__"], "python"],
    ["hyphens", "my-class", "itemList\nitem-row", ["item-list", "item-row"], "css"],
    ["the hyphens of a property", "--main-color", "accent\n--text-color", ["--accent", "--text-color"], "css"],
    ["a style without capitals", "x", "TOTAL", ["total"]],
  ];
  for (const [what, present, answer, names, languageId] of cases) {
    it(what, () => assert.deepEqual(parseNames(answer, present, languageId), names));
  }
  const lists: [what: string, answer: string, names: string[]][] = [
    ["with dashes of any length", "`entries` — the entries\nrows – more", ["entries", "rows"]],
    ["with two marks", "5. - lines", ["lines"]],
    ["of one line", "`total`, `sum`, and `count`", ["total", "sum", "count"]],
    ["in JSON", '["total", "sum"]', ["total", "sum"]],
    ["in an object of JSON", '{"names": ["total", "sum"]}', ["total", "sum"]],
    ["with what they belong to", "this.total\nself.sum", ["total", "sum"]],
  ];
  for (const [what, answer, names] of lists) {
    it(`nothing else, in a list ${what}`, () => assert.deepEqual(parseNames(answer, "x"), names));
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
    ["in tildes", "~~~\nFix it\n~~~", "Fix it"],
    ["behind an announcement", "Sure! Here's the message:\n\n```\nFix it\n```", "Fix it"],
    ["behind a heading", "## Commit message\n\nFix it\n\nMore.", "Fix it\n\nMore."],
    ["that is a heading", "# Fix it\n\nMore.", "Fix it\n\nMore."],
    ["behind a label in bold", "**Commit message:** Fix it", "Fix it"],
    ["with labels for its parts", "Title: Fix it\n\nDescription: It failed.", "Fix it\n\nIt failed."],
    ["in a command", "```sh\ngit commit -m \"Fix it\" -m 'More.'\n```", "Fix it\n\nMore."],
    ["in quotes as a whole", '"Fix it\n\nMore."', "Fix it\n\nMore."],
    ["in a list of one", "- Fix it", "Fix it"],
    ["with a list", "Fix it\n\n- a\n- b", "Fix it\n\n- a\n- b"],
    ["with trailers", "Fix it\n\nFixes: #1\nSigned-off-by: A <a@b.c>", "Fix it\n\nFixes: #1\nSigned-off-by: A <a@b.c>"],
    ["that names a message", "Message queue: retry", "Message queue: retry"],
    ["that names a number", "#12: fix it", "#12: fix it"],
    ["with Windows' line ends", "Fix it\r\n\r\nMore.", "Fix it\n\nMore."],
  ];
  for (const [what, answer, message] of cases) {
    it(what, () => assert.equal(parseCommit(answer), message));
  }
});
