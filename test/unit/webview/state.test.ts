import assert from "node:assert/strict";
import type { ChatTurn, ToPage } from "../../../webview/messages.ts";
import { canContinue, details, emptyState, isWriting, reduce, remark, shownState } from "../../../webview/state.ts";

const TURN: ChatTurn = { id: 1, role: "assistant", text: "", state: "writing", note: "", attached: [] };
const ALIVE: ToPage = { type: "state", note: "", chooseModel: false, offer: "", canAsk: true, alive: true };

describe("what the page shows", () => {
  it("is the sum of the messages", () => {
    const messages: ToPage[] = [
      ALIVE,
      { type: "conversation", conversation: { id: "c", title: "t", turns: [], foldedUpTo: 0 } },
      { type: "turn", turn: { ...TURN } },
      { type: "text", turn: 1, text: "Be" },
      { type: "text", turn: 1, text: "cause" },
      { type: "text", turn: 9, text: "nobody" },
      { type: "thought", turn: 1, text: "Hm" },
      { type: "thought", turn: 1, text: "." },
      { type: "fold", upTo: 0 },
      { type: "title", title: "u" },
    ];
    const state = messages.reduce(reduce, emptyState());
    assert.deepEqual([state.title, state.turns.map(({ text }) => text)], ["u", ["Because"]]);
    assert.equal(state.turns[0]?.thoughts, "Hm.");
    assert.equal(isWriting(state), true);
    const done = reduce(state, { type: "turn", turn: { ...TURN, text: "Because.", state: "done" } });
    assert.deepEqual([isWriting(done), done.turns.length, done.turns[0]?.text], [false, 1, "Because."]);
  });

  const states: [Partial<ChatTurn>, boolean, ChatTurn["state"], RegExp, boolean][] = [
    [{ state: "writing", text: "a" }, true, "writing", /^$/, false],
    [{ state: "writing", text: "a" }, false, "interrupted", /Interrupted: .* is kept/, true],
    [{ state: "interrupted", text: "a" }, true, "interrupted", /Interrupted/, true],
    [{ state: "interrupted", text: "" }, true, "interrupted", /Interrupted/, false],
    [{ state: "stopped", text: "a" }, true, "stopped", /^Stopped\.$/, true],
    [{ state: "length", text: "a" }, true, "length", /maximum length/, true],
    [{ state: "loop", text: "a" }, true, "loop", /repeat itself/, false],
    [{ state: "failed", note: "No model." }, true, "failed", /^No model\.$/, false],
    [{ state: "done", text: "a" }, true, "done", /^$/, false],
  ];
  for (const [fields, alive, state, said, continues] of states) {
    it(`of a turn that is ${fields.state}, with${alive ? "" : "out"} an engine`, () => {
      const turn = { ...TURN, ...fields };
      assert.equal(shownState(turn, alive), state);
      assert.match(remark(turn, alive), said);
      assert.equal(canContinue(turn, alive), continues);
    });
  }

  it("are numbers for those who ask", () => {
    const stats = { promptTokens: 900, cachedTokens: 800, decodedTokens: 120, prefillMs: 1500, decodeMs: 6000 };
    assert.equal(
      details({ ...TURN, stats }),
      "120 tokens in 6.0 s, 20.0 tokens/s; the first came after 1.5 s, for a prompt of 900 tokens, 800 of them cached",
    );
    assert.equal(details(TURN), "");
  });
});
