import assert from "node:assert/strict";
import { chatAbility } from "../../../engine/client/chatAbility.ts";
import { messageOf, plainError } from "../../../engine/client/errors.ts";
import { StatusLog, statusLine } from "../../../engine/client/statusLine.ts";
import type { ModelSummary, Status } from "../../../engine/protocol/status.ts";
import { isBarePair } from "../../../extension/statistics/barePair.ts";
import { isComposing } from "../../../webview/keyboard.ts";

const BASE = {
  name: "Small",
  kernel: "avx2",
  threads: 2,
  chat: false,
  contextLength: 2048,
  prefillTokensPerSecond: 900,
  promptTokens: 512,
} satisfies ModelSummary;
const CHAT: ModelSummary = { ...BASE, name: "Large", chat: true };

describe("whether the model in use answers questions", () => {
  const cases: [what: string, status: Partial<Status>, kind: string, sentence?: RegExp][] = [
    ["no model yet", { state: "starting", detail: "Loading" }, "loading", /^Loading$/],
    ["a model that completes only", { model: BASE }, "no", /^The model in use completes code, but does not answer/],
    ["a model that chats", { model: CHAT }, "yes"],
    ["one for the chat beside it", { model: BASE, chatModel: { state: "ready", detail: "", model: CHAT } }, "yes"],
    ["one for the chat that loads", { model: BASE, chatModel: { state: "starting", detail: "" } }, "loading"],
    [
      "one for the chat that has failed",
      { model: BASE, chatModel: { state: "failed", detail: "No memory." } },
      "loading",
      /^No memory\.$/,
    ],
    [
      "one for the chat that cannot chat",
      { model: CHAT, chatModel: { state: "ready", detail: "", model: BASE } },
      "no",
      /^The model in use/,
    ],
  ];
  for (const [what, status, kind, sentence] of cases) {
    it(`${what}: ${kind}`, () => {
      const ability = chatAbility({ state: "ready", detail: "", ...status });
      assert.equal(ability.kind, kind);
      if (sentence !== undefined) assert.match("sentence" in ability ? ability.sentence : "", sentence);
    });
  }
});

describe("an error that people see", () => {
  it("has none of the protocol's words", () => {
    const wrapped = new Error("Request task failed with message: There is no memory.");
    assert.equal(messageOf(wrapped), "There is no memory.");
    assert.equal(plainError(wrapped).message, "There is no memory.");
    const plain = new Error("Nothing is selected.");
    assert.equal(plainError(plain), plain);
    assert.equal(messageOf("odd"), "odd");
  });
});

describe("the log", () => {
  it("tells the model, its kernel and its limits, and what has failed", () => {
    const line = statusLine({ state: "ready", detail: "", model: BASE });
    assert.match(line, /Model ready: Small \(kernel avx2, 2 threads\).*2048 tokens.*up to 512.*completes code only/);
    assert.equal(statusLine({ state: "failed", detail: "The file is damaged." }), "The file is damaged.");
    assert.equal(statusLine({ state: "working", detail: "", model: BASE }), "");
  });
  it("has every state once, and the beginning of a progress alone", () => {
    const log = new StatusLog();
    const details = [
      "Loading Small",
      "Importing Small: 0 %",
      "Importing Small: 1 %",
      "Importing Small: 100 %",
      "Loading Small",
    ];
    const lines = details.map((detail) => log.next({ state: "starting", detail }));
    assert.deepEqual(lines, ["Loading Small", "Importing Small: 0 %", "", "", "Loading Small"]);
    assert.equal(log.next({ state: "starting", detail: "Loading Small" }), "");
  });
});

describe("an acceptance", () => {
  for (const [text, isPair] of [
    ["()", true],
    ["{}", true],
    [")", true],
    ['""', true],
    ["();", false],
    ["(a)", false],
    ["x", false],
  ] as const) {
    it(`${JSON.stringify(text)} may come from the editor itself: ${isPair}`, () =>
      assert.equal(isBarePair(text), isPair));
  }
});

describe("a key of an input method", () => {
  for (const [isComposingFlag, keyCode, expected] of [
    [true, 13, true],
    [false, 229, true],
    [false, 13, false],
  ] as const) {
    it(`isComposing ${isComposingFlag}, keyCode ${keyCode}: ${expected}`, () =>
      assert.equal(isComposing({ isComposing: isComposingFlag, keyCode }), expected));
  }
});
