import assert from "node:assert/strict";
import { CancellationTokenSource } from "vscode-jsonrpc";
import type { ChatMessage, ChatResult, Status } from "../../../engine/protocol.ts";
import { Conversation } from "../../../extension/chat/conversation.ts";
import { parseToPage, type ToPage, type Turn } from "../../../webview/messages.ts";

const READY: Status = {
  state: "ready",
  detail: "",
  model: { name: "m", kernel: "k", threads: 1, chat: true, prefillTokensPerSecond: 900, promptTokens: 512 },
};
const RESULT: ChatResult = {
  text: "",
  reason: "end",
  promptTokens: 1,
  cachedTokens: 0,
  decodedTokens: 1,
  prefillMs: 0,
  decodeMs: 0,
};

/** A conversation with a scripted engine, and a page that keeps what it was told as the real one does. */
function setup(answer: (question: string) => string[], status = READY) {
  const asked: ChatMessage[][] = [];
  const page = { turns: [] as Turn[], note: "", canAsk: false };
  const post = (message: ToPage) => {
    const parsed = parseToPage(structuredClone(message));
    assert.ok(parsed, "the page would refuse the message");
    switch (parsed.type) {
      case "conversation":
        page.turns = parsed.turns;
        break;
      case "turn": {
        const index = page.turns.findIndex(({ id }) => id === parsed.turn.id);
        page.turns.splice(index === -1 ? page.turns.length : index, 1, parsed.turn);
        break;
      }
      case "text": {
        const turn = page.turns.find(({ id }) => id === parsed.id);
        assert.ok(turn);
        turn.text += parsed.text;
        break;
      }
      case "state":
        page.note = parsed.note;
        page.canAsk = parsed.canAsk;
    }
  };
  const conversation = new Conversation(
    {
      async chat({ messages }, onText, token) {
        asked.push(messages);
        let text = "";
        for (const piece of answer(messages.at(-1)?.content ?? "")) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          if (token.isCancellationRequested) {
            return { ...RESULT, text, reason: "cancelled" };
          }
          onText(piece);
          text += piece;
        }
        return { ...RESULT, text };
      },
      createCancellation: () => new CancellationTokenSource(),
      post,
    },
    status,
  );
  const shown = () => page.turns.map(({ role, text, done, note }) => [role, text, done, note]);
  return { conversation, asked, page, shown };
}

describe("the conversation", () => {
  it("streams an answer to the page", async () => {
    const { conversation, shown } = setup(() => ["Be", "cause."]);
    const asking = conversation.ask("Why?");
    assert.deepEqual(shown(), [
      ["user", "Why?", true, ""],
      ["assistant", "", false, ""],
    ]);
    await asking;
    assert.deepEqual(shown(), [
      ["user", "Why?", true, ""],
      ["assistant", "Because.", true, ""],
    ]);
  });

  it("sends what was said before with the next question", async () => {
    const { conversation, asked } = setup((question) => [`${question}!`]);
    await conversation.ask("One");
    await conversation.ask("Two");
    assert.deepEqual(
      asked[1]?.slice(1).map(({ role, content }) => `${role}: ${content}`),
      ["user: One", "assistant: One!", "user: Two"],
    );
    assert.equal(asked[1]?.[0]?.role, "system");
  });

  it("keeps the text of a stopped answer and says that it was stopped", async () => {
    const { conversation, shown } = setup(() => Array.from({ length: 50 }, () => "word "));
    const asking = conversation.ask("Why?");
    await new Promise((resolve) => setTimeout(resolve, 10));
    conversation.stop();
    await asking;
    const [, text, done, note] = shown()[1] ?? [];
    assert.ok(typeof text === "string" && text.length > 0 && text.length < 250);
    assert.deepEqual([done, note], [true, "Stopped."]);
  });

  it("ends the running answer when something else is asked", async () => {
    const { conversation, page } = setup((question) => (question === "long" ? Array(50).fill("word ") : ["short"]));
    const first = conversation.ask("long");
    const second = conversation.ask("next");
    await Promise.all([first, second]);
    assert.deepEqual(
      page.turns.filter(({ role }) => role === "assistant").map(({ note }) => note),
      ["Stopped.", ""],
    );
  });

  it("says what went wrong and leaves the failed question out of the next one", async () => {
    let failing = true;
    const { conversation, shown, asked } = setup(() => {
      if (failing) {
        throw new Error("The engine has stopped (signal SIGKILL).");
      }
      return ["Fine."];
    });
    await conversation.ask("One");
    assert.deepEqual(shown()[1], ["assistant", "", true, "The engine has stopped (signal SIGKILL)."]);
    failing = false;
    await conversation.ask("Two");
    assert.deepEqual(
      asked[1]?.slice(1).map(({ content }) => content),
      ["Two"],
    );
  });

  it("shows nothing more of an answer after it was cleared", async () => {
    const { conversation, page } = setup(() => Array(50).fill("word "));
    const asking = conversation.ask("Why?");
    conversation.clear();
    await asking;
    assert.deepEqual(page.turns, []);
  });

  it("tells a new page everything, and that a model which only completes code is no chat model", () => {
    const { conversation, page } = setup(() => [], { ...READY, model: { ...READY.model!, chat: false } });
    conversation.show();
    assert.equal(page.canAsk, true);
    assert.match(page.note, /only completes code.*chat model/);
    conversation.setStatus({ state: "failed", detail: "No such file." });
    assert.deepEqual([page.canAsk, page.note], [false, "No such file."]);
  });
});
