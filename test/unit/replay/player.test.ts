import assert from "node:assert/strict";
import { PrefillSpeed } from "../../../engine/backend/calibration.ts";
import { LocalBackend } from "../../../engine/backend/localBackend.ts";
import { isBusy, Scheduler } from "../../../engine/backend/scheduler.ts";
import { CompletionService } from "../../../engine/completion/completionService.ts";
import { confidenceGate } from "../../../engine/completion/gate/gate.ts";
import { LIST_TURN_MS } from "../../../engine/completion/listFirst.ts";
import { stepsOf } from "../../../engine/replay/future.ts";
import { IdleSkippingClock } from "../../../engine/replay/idleSkippingClock.ts";
import { makeScript } from "../../../engine/replay/makeScript.ts";
import { type PlayOptions, play } from "../../../engine/replay/player.ts";
import type { EditScript, ScriptEvent } from "../../../engine/replay/script.ts";
import { bySource, percentiles, summarise } from "../../../engine/replay/summary.ts";
import { Documents } from "../../../engine/repository/openDocuments.ts";
import { FakeModel } from "../support/fakeModel.ts";

function setup(script: (prompt: string) => string, { pieceMs = 0, computingTakesTime = true, warming = false } = {}) {
  const native = new FakeModel(script, { pieceMs });
  const backend = new LocalBackend({ name: "fake", native, speed: new PrefillSpeed(1000) });
  const scheduler = new Scheduler(() => clock.changed());
  const isComputing = () => isBusy(scheduler.load) || scheduler.load.warming.running > 0;
  const clock = new IdleSkippingClock(isComputing, { computingTakesTime });
  const documents = new Documents();
  const settings = { maxTokens: 24, debounceMs: 75, warming };
  const options: PlayOptions = {
    clock,
    documents,
    completion: (onGenerated) =>
      new CompletionService({
        documents,
        scheduler,
        clock,
        backend: () => ({ kind: "ready", backend }),
        settings: () => settings,
        onGenerated,
        // The player's tests do not depend on the value of a text of one letter.
        parts: { gate: confidenceGate({ forCutText: 0.5, forWholeText: 0.4 }) },
      }),
    accept: 1,
    acceptFrom: 2,
    reactionMs: 0,
    seed: 1,
    limit: 1e6,
    inStep: true,
  };
  return { native, documents, clock, options };
}

/** Types `typed` character by character at the end of `text`. */
function typing(text: string, typed: string, gap = 100): EditScript {
  const events: ScriptEvent[] = [{ kind: "show", file: 0, offset: text.length, afterMs: 0 }];
  for (const [index, character] of [...typed].entries()) {
    const offset = text.length + index;
    const changes = [{ offset, length: 0, text: character }];
    events.push({ kind: "key", key: "type", changes, offset: offset + 1, afterMs: gap });
  }
  return { files: [{ path: "a.ts", languageId: "typescript", text }], events };
}

describe("a replay", () => {
  it("accepts a suggestion that is completely right, and continues after it", async () => {
    const { options, documents } = setup((prompt) => (/\(<5>$/.test(prompt) ? "one, two);\n" : "wrong"));
    const { rows, saved } = await play(typing("", "f(one, two);x"), options);
    assert.deepEqual(
      rows.map(({ key, source, shown, matched }) => [key, source, shown, matched]),
      [
        ["type", "model", 5, 0],
        ["type", "model", 10, 10],
        ["accept", "model", 5, 0],
        ["type", "model", 5, 0],
      ],
    );
    assert.equal(saved, 9);
    const lookup = documents.lookUp("replay:0", 5);
    assert.equal(lookup.kind === "found" && lookup.document.text, "f(one, two);x");
  });

  it("does not accept a suggestion that was not visible for long enough", async () => {
    const { options } = setup((prompt) => (/\(<5>$/.test(prompt) ? "one, two);\n" : ""));
    const { rows, saved } = await play(typing("", "f(one, two);x"), { ...options, reactionMs: 250 });
    assert.deepEqual(
      rows.slice(1, 5).map(({ key, source }) => [key, source]),
      [
        ["type", "model"],
        ["type", "typed-through"],
        ["type", "typed-through"],
        ["accept", "none"],
      ],
    );
    assert.equal(saved, 7);
  });

  it("shows the end of a word after the list's turn, unless the next key comes first", async () => {
    const script = () => "tures\n";
    const slow = setup(script, { computingTakesTime: false });
    const { rows } = await play(typing("return tex", "t", 300), slow.options);
    assert.deepEqual([rows[0]?.source, rows[0]?.shown, rows[0]?.reason], ["model", 5, undefined]);
    const fast = setup(script, { computingTakesTime: false });
    const typed = await play(typing("return te", "xt", LIST_TURN_MS - 1), { ...fast.options, accept: 0 });
    assert.deepEqual([typed.rows[0]?.source, typed.rows[0]?.reason, typed.rows[0]?.shown], ["none", "list-first", 0]);
    const seen = setup(script, { computingTakesTime: false });
    const later = await play(typing("return te", "xtures", 300), { ...seen.options, reactionMs: 300 - LIST_TURN_MS });
    const unseen = setup(script, { computingTakesTime: false });
    const early = await play(typing("return te", "xtures", 300), { ...unseen.options, reactionMs: 301 - LIST_TURN_MS });
    assert.ok(later.accepted === 1 && later.saved > early.saved, "a person needs its time to see it");
  });

  it("counts the characters of a suggestion that is typed through only once", async () => {
    const { options } = setup((prompt) => (/(?:<3>| )([a-z]*)<5>$/.exec(prompt) === null ? "" : "value".slice(1)));
    const { rows } = await play(typing("return ", "va"), { ...options, accept: 0 });
    assert.equal(rows[0]?.source, "model");
    assert.equal(rows.length, 2);
  });

  it("cancels a request when the next keystroke comes, and records that", async () => {
    const { options, native } = setup(() => "many words that take their time to say", { pieceMs: 20 });
    const { rows } = await play(typing("", "ab;", 100), { ...options, inStep: false });
    assert.deepEqual(
      rows.map(({ source, reason }) => reason ?? source),
      ["cancelled", "cancelled", "model"],
    );
    assert.equal(native.mostAtOnce, 1);
  });

  it("skips idle time", async () => {
    const { options, clock } = setup(() => "x");
    const start = clock.now();
    // The session takes three hours; if they passed, the test would exceed its own time limit.
    await play(typing("", "abc", 3_600_000), options);
    assert.ok(clock.now() - start >= 3 * 3_600_000);
  });

  it("gives the same rows in every replay in steps", async function () {
    // The slower of the two models waits for a timer at every token.
    this.timeout(20_000);
    const files = [{ path: "a.ts", languageId: "typescript", text: "const value = call(one, two);\n".repeat(30) }];
    const script = makeScript(files, { seed: 5, keystrokes: 30 });
    const run = (pieceMs: number) => {
      const { options } = setup(() => "call(one);", { pieceMs, computingTakesTime: false, warming: true });
      return play(script, options);
    };
    const once = await run(0);
    assert.ok(once.rows.some((row) => row.firstTokenMs !== undefined && row.textMs !== undefined));
    assert.deepEqual(await run(1), once);
  });

  it("knows what is typed next at every place, but not after a typing error", () => {
    const script = typing("let ", "ax");
    script.events.push(
      { kind: "key", key: "backspace", changes: [{ offset: 5, length: 1, text: "" }], offset: 5, afterMs: 0 },
      { kind: "key", key: "type", changes: [{ offset: 5, length: 0, text: ";" }], offset: 6, afterMs: 0 },
    );
    assert.deepEqual(
      stepsOf(script).map(({ future }) => future),
      ["a;", ";", undefined, ";", ""],
    );
  });
});

describe("the summary", () => {
  it("has the keys and figures that were promised", () => {
    const tokens = { promptTokens: 9, prefilled: 2, decoded: 4, drafted: 3, accepted: 1 };
    const row = { event: 0, file: 0, key: "type", after: "flow", ...tokens } as const;
    const summary = summarise(
      [
        { ...row, source: "model", firstTokenMs: 3, textMs: 7, shown: 10, matched: 4 },
        { ...row, source: "typed-through", prefilled: 0, shown: 0, matched: 0 },
        { ...row, source: "none", reason: "repetitive", shown: 0, matched: 0, firstTokenMs: 5 },
      ],
      1,
    );
    assert.deepEqual(summary, {
      keystrokes: 3,
      suggestionsShown: 2,
      sources: { model: 1, "typed-through": 1 },
      silences: { repetitive: 1 },
      prefilledPerKeystroke: { p50: 2, p90: 2, p99: 2 },
      decodedPerKeystroke: { p50: 4, p90: 4, p99: 4 },
      firstTokenMs: { p50: 3, p90: 5, p99: 5 },
      textMs: { p50: 7, p90: 7, p99: 7 },
      matchedCharacters: 4,
      shownCharacters: 10,
      savedPer100: 25,
      wrongPer100: 150,
      draftedTokens: 9,
      acceptedTokens: 3,
    });
  });

  it("takes percentiles by nearest rank", () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    assert.deepEqual(percentiles(values), { p50: 100, p90: 180, p99: 198 });
    assert.deepEqual(percentiles([]), { p50: 0, p90: 0, p99: 0 });
  });

  it("has figures for each source", () => {
    const tokens = { promptTokens: 9, prefilled: 2, decoded: 4, drafted: 0, accepted: 0 };
    const row = { event: 0, file: 0, key: "type", after: "flow", ...tokens } as const;
    const sources = bySource([
      { ...row, source: "model", textMs: 40, shown: 10, matched: 4 },
      { ...row, source: "copy", textMs: 1, shown: 6, matched: 6 },
      { ...row, source: "copy", textMs: 3, shown: 2, matched: 0 },
      { ...row, source: "none", reason: "unsure", shown: 0, matched: 0 },
    ]);
    assert.deepEqual(
      sources.map(({ source, suggestions, shown, matched, p50, p95 }) => [
        source,
        suggestions,
        shown,
        matched,
        p50,
        p95,
      ]),
      [
        ["copy", 2, 8, 6, 1, 3],
        ["model", 1, 10, 4, 40, 40],
      ],
    );
  });
});
