import assert from "node:assert/strict";
import { PrefillSpeed } from "../../../engine/backend/calibration.ts";
import { LocalBackend } from "../../../engine/backend/localBackend.ts";
import { Scheduler } from "../../../engine/backend/scheduler.ts";
import { Answerer, NotReadyError } from "../../../engine/chat/answer.ts";
import type { ChatMessage } from "../../../engine/protocol/chat.ts";
import { FakeModel } from "../support/fakeModel.ts";
import { chatTokenizer } from "../support/fakeTokenizer.ts";

const never = new AbortController().signal;
const QUESTION: ChatMessage[] = [{ role: "user", content: "Why?" }];

function setup(answer: string, pieceMs = 0) {
  const native = new FakeModel(() => answer, { tokenizer: chatTokenizer(), pieceMs });
  const backend = new LocalBackend({ name: "fake", native, speed: new PrefillSpeed(1000) });
  return { native, service: new Answerer({ scheduler: new Scheduler(), backend: () => ({ kind: "ready", backend }) }) };
}

describe("the chat", () => {
  it("streams the answer and returns all of it", async () => {
    const { service } = setup("  Because it is so.");
    const pieces: string[] = [];
    const result = await service.answer({ messages: QUESTION, maxTokens: 100 }, (text) => pieces.push(text), never);
    assert.equal(result.text, "Because it is so.");
    assert.equal(result.reason, "end");
    assert.equal(pieces.join(""), result.text);
    assert.ok(pieces.length > 1);
  });

  it("says when the answer was cut", async () => {
    const { service } = setup("one two three four");
    const result = await service.answer({ messages: QUESTION, maxTokens: 2 }, () => {}, never);
    assert.deepEqual([result.text, result.reason], ["one two", "length"]);
  });

  it("returns what there was of the text when cancelled, and stops the arithmetic", async () => {
    const { service, native } = setup("word ".repeat(200), 2);
    const controller = new AbortController();
    let streamed = "";
    const running = service.answer(
      { messages: QUESTION, maxTokens: 200 },
      (text) => {
        streamed += text;
        controller.abort();
      },
      controller.signal,
    );
    const result = await running;
    assert.equal(result.reason, "cancelled");
    assert.equal(result.text, streamed);
    assert.equal(native.jobs[0]?.reason, "cancelled");
  });

  it("leaves room for the answer in the context", async () => {
    const { service, native } = setup("Yes.");
    await service.answer(
      { messages: [{ role: "user", content: "word ".repeat(2000) }], maxTokens: 5000 },
      () => {},
      never,
    );
    const request = native.jobs[0]?.request;
    assert.ok(request && request.tokens.length + request.maxTokens <= native.config.contextLength);
  });

  it("rejects with the reason when there is no model", async () => {
    const service = new Answerer({
      scheduler: new Scheduler(),
      backend: () => ({ kind: "none", reason: "The file is missing." }),
    });
    const running = service.answer({ messages: QUESTION, maxTokens: 9 }, () => {}, never);
    await assert.rejects(running, (error: Error) => error instanceof NotReadyError && /missing/.test(error.message));
  });
});
