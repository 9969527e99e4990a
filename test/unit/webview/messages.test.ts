import assert from "node:assert/strict";
import { parseFromPage, parseToPage } from "../../../webview/messages.ts";

const TURN = { id: 1, role: "user", text: "a", done: true, note: "" };

describe("messages of the chat page", () => {
  for (const message of [{ type: "ready" }, { type: "stop" }, { type: "clear" }, { type: "ask", text: "Why?" }]) {
    it(`from the page: ${JSON.stringify(message)}`, () => {
      assert.deepEqual(parseFromPage(message), message);
    });
  }
  for (const value of [
    undefined,
    null,
    7,
    "ready",
    [],
    {},
    { type: "ask" },
    { type: "ask", text: 1 },
    { type: "eval" },
  ]) {
    it(`from the page, refused: ${JSON.stringify(value)}`, () => {
      assert.equal(parseFromPage(value), undefined);
    });
  }
  it("from the page come without anything that does not belong", () => {
    assert.deepEqual(parseFromPage({ type: "stop", command: "rm" }), { type: "stop" });
  });

  const toPage = [
    { type: "conversation", turns: [TURN] },
    { type: "turn", turn: TURN },
    { type: "text", id: 1, text: "b" },
    { type: "state", note: "", canAsk: true },
  ];
  for (const message of toPage) {
    it(`to the page: ${message.type}`, () => {
      assert.deepEqual(parseToPage(message), message);
    });
  }
  const refused = [
    null,
    {},
    { type: "turn", turn: { ...TURN, role: "system" } },
    { type: "turn", turn: { ...TURN, id: "1" } },
    { type: "conversation", turns: [TURN, {}] },
    { type: "text", id: 1 },
    { type: "state", note: "" },
  ];
  for (const value of refused) {
    it(`to the page, refused: ${JSON.stringify(value)}`, () => {
      assert.equal(parseToPage(value), undefined);
    });
  }
});
