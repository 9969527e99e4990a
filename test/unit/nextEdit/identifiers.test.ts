import assert from "node:assert/strict";
import { applyWordChange, splitWords, wordChange } from "../../../engine/nextEdit/identifiers.ts";

describe("identifiers as words", () => {
  const words: [identifier: string, words: string[]][] = [
    ["itemCount", ["item", "Count"]],
    ["ItemCount", ["Item", "Count"]],
    ["ITEM_COUNT", ["ITEM", "COUNT"]],
    ["item_count", ["item", "count"]],
    ["_item2count", ["item2", "count"]],
    ["getHTTPCode", ["get", "HTTP", "Code"]],
    ["$x", ["x"]],
  ];
  for (const [identifier, expected] of words) {
    it(`${identifier} is ${expected.join(" ")}`, () => assert.deepEqual(splitWords(identifier), expected));
  }

  it("a change is the words in the middle that differ", () => {
    assert.deepEqual(wordChange("itemCount", "entryCount"), { before: ["item"], after: ["entry"] });
    assert.deepEqual(wordChange("getItem", "getNewEntry"), { before: ["item"], after: ["new", "entry"] });
    assert.equal(wordChange("item", "itemCount"), undefined);
    assert.equal(wordChange("item", "Item"), undefined);
  });

  const change = { before: ["item", "count"], after: ["total", "size"] };
  const applied: [identifier: string, after: string | undefined][] = [
    ["itemCount", "totalSize"],
    ["ItemCount", "TotalSize"],
    ["ITEM_COUNT", "TOTAL_SIZE"],
    ["item_count", "total_size"],
    ["getItemCount", "getTotalSize"],
    ["MAX_ITEM_COUNT", "MAX_TOTAL_SIZE"],
    ["itemCounter", undefined],
    ["countItem", undefined],
  ];
  for (const [identifier, after] of applied) {
    it(`itemCount to totalSize makes ${identifier} ${after}`, () => {
      assert.equal(applyWordChange(identifier, change), after);
    });
  }

  it("one word becomes two in the style of the identifier", () => {
    const one = { before: ["item"], after: ["list", "entry"] };
    assert.equal(applyWordChange("itemCount", one), "listEntryCount");
    assert.equal(applyWordChange("item_count", one), "list_entry_count");
    assert.equal(applyWordChange("ITEM_COUNT", one), "LIST_ENTRY_COUNT");
    assert.equal(applyWordChange("getItem", one), "getListEntry");
  });
});
