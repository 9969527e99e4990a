import assert from "node:assert/strict";
import type { CompletionTimings } from "../../../engine/protocol/completion.ts";
import type { Status } from "../../../engine/protocol/status.ts";
import { isLanguageEnabled } from "../../../engine/workspace/enabledLanguages.ts";
import { SILENCE_SENTENCES } from "../../../extension/inline/silenceSentences.ts";
import { lastResult, statusText } from "../../../extension/inline/statusText.ts";

const MODEL = {
  name: "built-in model",
  kernel: "avx2",
  threads: 1,
  chat: false,
  contextLength: 4096,
  prefillTokensPerSecond: 900,
  promptTokens: 512,
};
const READY: Status = { state: "ready", detail: "", model: MODEL };
const TIMINGS: CompletionTimings = {
  totalMs: 92.4,
  debounceMs: 75,
  queueMs: 0.2,
  prefillMs: 8.1,
  decodeMs: 8.8,
  promptTokens: 210,
  cachedTokens: 207,
  prefilledTokens: 3,
  decodedTokens: 4,
};

describe("the status item", () => {
  const states: { status: Status; enabled: boolean; text: string; label: string }[] = [
    { status: READY, enabled: true, text: "$(sparkle) Sterna: ready", label: "Sterna: ready" },
    { status: READY, enabled: false, text: "$(circle-slash) Sterna: off", label: "Sterna: off" },
    {
      status: { ...READY, model: { ...MODEL, destination: "gpu.example:8000" } },
      enabled: true,
      text: "$(cloud) Sterna: ready at gpu.example:8000",
      label: "Sterna: ready at gpu.example:8000",
    },
    {
      status: { state: "starting", detail: "Loading" },
      enabled: false,
      text: "$(loading~spin) Sterna: starting",
      label: "Sterna: starting",
    },
    {
      status: { ...READY, state: "working" },
      enabled: true,
      text: "$(sync~spin) Sterna: working",
      label: "Sterna: working",
    },
    {
      status: { state: "failed", detail: "No such file." },
      enabled: true,
      text: "$(error) Sterna: failed",
      label: "Sterna: failed. No such file.",
    },
  ];
  for (const { status, enabled, text, label } of states) {
    it(`shows ${label}`, () => {
      const shown = statusText({ status, enabled, last: undefined });
      assert.deepEqual([shown.text, shown.label, shown.isError], [text, label, status.state === "failed"]);
    });
  }

  it("tells model, reason and timings on hover", () => {
    const last = lastResult({ kind: "silent", reason: "model-silent", timings: TIMINGS }, undefined);
    assert.deepEqual(statusText({ status: READY, enabled: true, last }).tooltip, [
      "Model: built-in model, on 1 thread of this machine",
      "It reads about 50 lines around the cursor.",
      "The model had nothing to add here.",
      "The model's last answer took 92 ms: 75 ms of waiting for a pause, 8 ms of reading, 9 ms of writing.",
    ]);
  });

  it("tells what the engine has to do on hover", () => {
    const rest = { running: 0, waiting: 0 };
    const load = { inline: { running: 1, waiting: 1 }, chat: { running: 1, waiting: 0 }, warming: rest };
    const tooltip = (status: Status) => statusText({ status, enabled: true, last: undefined }).tooltip;
    assert.equal(tooltip({ ...READY, load }).at(-1), "At work: suggestion (1 waiting), chat");
    const warming = { inline: rest, chat: rest, warming: { running: 1, waiting: 0 } };
    assert.equal(tooltip({ ...READY, load: warming }).at(-1), "At work: preparing the next suggestion");
    assert.equal(
      tooltip({ ...READY, load: { ...warming, warming: rest } }).some((line) => line.startsWith("At work")),
      false,
    );
  });

  it("keeps the timings of what the model computed when an answer comes out of the cache", () => {
    const computed = lastResult({ kind: "shown", timings: TIMINGS }, undefined);
    const known = { ...TIMINGS, totalMs: 1, promptTokens: 0 };
    for (const end of [
      { kind: "shown", timings: known },
      { kind: "silent", reason: "unsure" },
    ] as const) {
      const { tooltip } = statusText({ status: READY, enabled: true, last: lastResult(end, computed) });
      assert.match(tooltip.at(-1) ?? "", /^The model's last answer took 92 ms/);
    }
  });

  it("adds the detail to the reason", () => {
    const last = lastResult({ kind: "silent", reason: "not-ready", detail: "Importing 40 %" }, undefined);
    assert.deepEqual(
      statusText({ status: READY, enabled: true, last }).tooltip.at(-1),
      "The model is not ready. Importing 40 %",
    );
  });

  it("has a sentence for every reason", () => {
    for (const [reason, sentence] of Object.entries(SILENCE_SENTENCES)) {
      assert.match(sentence, /^[A-Z].*\.$/, reason);
    }
  });
});

describe("the switch per language", () => {
  const cases: { languages: Record<string, boolean>; language: string; expected: boolean }[] = [
    { languages: {}, language: "typescript", expected: true },
    { languages: { "*": false }, language: "typescript", expected: false },
    { languages: { "*": false, python: true }, language: "python", expected: true },
    { languages: { "*": true, markdown: false }, language: "markdown", expected: false },
    { languages: { "*": true }, language: "constructor", expected: true },
  ];
  for (const { languages, language, expected } of cases) {
    it(`${JSON.stringify(languages)} for ${language} is ${expected}`, () => {
      assert.equal(isLanguageEnabled(languages, language), expected);
    });
  }

  it("says on hover that text leaves the machine, and to where", () => {
    const status: Status = { ...READY, model: { ...MODEL, name: "large", destination: "gpu.example" } };
    const { tooltip } = statusText({ status, enabled: true, last: undefined });
    assert.ok(tooltip.includes("Model: large at gpu.example"), tooltip.join("\n"));
    assert.ok(tooltip.includes("Text leaves this machine: it is sent to gpu.example."), tooltip.join("\n"));
  });
});
