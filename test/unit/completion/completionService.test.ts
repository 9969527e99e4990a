import assert from "node:assert/strict";
import { Priority } from "../../../engine/native.ts";
import { chatTokenizer, commonPrefix } from "../support/fakeTokenizer.ts";
import { ManualClock } from "../support/manualClock.ts";
import { ManualPace } from "../support/manualPace.ts";
import { reason, setup, URI } from "../support/scriptedCompletion.ts";
import { until } from "../support/until.ts";

const never = new AbortController().signal;

describe("a completion after the rules for reading have changed", () => {
  const OTHER = { uri: "file:///b.ts", path: "b.ts", languageId: "typescript", version: 1, text: 'key = "hunter2";\n' };

  it("has nothing of a place that was visited before", async () => {
    const { service, requestAt, native, documents } = setup(() => "x", { usesNgramCache: true });
    documents.open(OTHER);
    service.cursorMoved({ uri: OTHER.uri, version: 1, offset: 3 });
    documents.close(OTHER.uri);
    const known = () => (native.jobs.at(-1)?.request.ngramTexts ?? []).join("");
    await service.complete(requestAt("const a = ^", "manual"), never);
    assert.match(known(), /hunter2/);
    service.forgetOtherFiles();
    await service.complete(requestAt("const b = ^", "manual"), never);
    assert.match(known(), /const b/);
    assert.doesNotMatch(known(), /hunter2/);
  });

  it("is none that was computed before", async () => {
    let says = "hunter2;";
    const { service, requestAt } = setup(() => says);
    assert.equal(reason(await service.complete(requestAt("const a = ^"), never)), "shown hunter2;");
    says = "other;";
    assert.equal(reason(await service.complete(requestAt("const a = ^"), never)), "shown hunter2;");
    service.forgetOtherFiles();
    assert.equal(reason(await service.complete(requestAt("const a = ^"), never)), "shown other;");
  });
});

describe("a completion", () => {
  it("is the model's line, fitted to the rest of the line, with timings", async () => {
    const { service, requestAt } = setup(() => "a, b);\nand more");
    const result = await service.complete(requestAt("add(^);\n"), never);
    assert.ok(result.kind === "shown");
    assert.equal(result.text, "a, b);");
    assert.equal(result.replaceLength, 2);
    assert.ok(result.timings.promptTokens > 0 && result.timings.decodedTokens > 0);
    assert.deepEqual([result.timings.debounceMs, result.timings.totalMs], [5, 5]);
  });

  it("prefills only the new tokens at the next keystroke", async () => {
    const { service, requestAt } = setup(() => "x");
    const head = "let value = compute(1);\n".repeat(20);
    await service.complete(requestAt(`${head}const su^\nend();`), never);
    const result = await service.complete(requestAt(`${head}const sum^\nend();`), never);
    assert.ok(result.timings !== undefined && result.timings.cachedTokens > 100);
    assert.ok(result.timings.prefilledTokens <= 3);
  });

  it("asks for at most the configured number of tokens, greedily, and stops at the line's end", async () => {
    const { service, requestAt, native } = setup(() => "word ".repeat(100));
    await service.complete(requestAt("^"), never);
    const request = native.jobs[0]?.request;
    assert.equal(request?.maxTokens, 24);
    assert.deepEqual(request?.stop, ["\n"]);
    assert.equal(request?.sampling.temperature, 0);
    assert.equal(request?.sampling.repetitionPenalty, 1);
  });

  it("heals the token at the cursor: leaves it out of the prompt and forces its characters", async () => {
    for (const { marked, prompt, forced } of [
      { marked: "return ^", prompt: "<0>// a.ts\nreturn", forced: " " },
      { marked: "return val^", prompt: "<0>// a.ts\nreturn", forced: " val" },
      { marked: "return (^", prompt: "<0>// a.ts\nreturn (", forced: "" },
    ]) {
      const { service, requestAt, native } = setup(() => `${forced}ue`, { tokenizer: chatTokenizer() });
      assert.equal(reason(await service.complete(requestAt(marked), never)), "shown ue");
      assert.equal(native.jobs[0]?.prompt, prompt);
      assert.equal(native.jobs[0]?.request.forcedPrefix, forced);
    }
  });

  it("is copied at once from where the same was written before, and asks the model when that is not sure", async () => {
    const { service, requestAt, native, settings, clock } = setup(() => "x");
    settings.debounceMs = 60_000;
    const before = "await step.first();\nx();\nawait step.first();\ny();\n";
    const result = await service.complete(requestAt(`${before}await st^`), never);
    assert.ok(result.kind === "shown" && result.source === "copy");
    assert.equal(result.text, "ep.first();");
    const next = await service.complete(requestAt(`${before}await ste^`), never);
    assert.ok(next.kind === "shown" && next.source === "typed-through" && next.text === "p.first();");
    const byHand = await service.complete(requestAt(`${before}await step^`, "manual"), never);
    assert.ok(byHand.kind === "shown" && byHand.text === ".first();");
    assert.deepEqual([native.jobs.length, clock.now()], [0, 0]);
    settings.debounceMs = 5;
    assert.equal(reason(await service.complete(requestAt("a = first;\nb = find;\nc = fi^"), never)), "shown x");
  });

  it("is the model's alone where that has an n-gram cache, of the document and the others of its language", async () => {
    const { service, requestAt, native, documents } = setup(() => "x", { usesNgramCache: true });
    const open = (uri: string, languageId: string) =>
      documents.open({ uri, path: uri, languageId, version: 1, text: `${uri} text` });
    open("one.ts", "typescript");
    open("two.py", "python");
    const before = "await step.first();\nx();\nawait step.first();\ny();\n";
    const result = await service.complete(requestAt(`${before}await st^\nend();`), never);
    assert.ok(result.kind === "silent" || result.source !== "copy");
    assert.deepEqual(native.jobs[0]?.request.ngramTexts, [`${before}await st`, "end();", "one.ts text"]);
  });

  it("is copied while the model that has an n-gram cache is not there yet", async () => {
    const { service, requestAt, withoutModel } = setup(() => "x", { usesNgramCache: true });
    withoutModel("loading");
    const before = "await step.first();\nx();\nawait step.first();\ny();\n";
    const result = await service.complete(requestAt(`${before}await st^`), never);
    assert.ok(result.kind === "shown" && result.source === "copy");
  });

  it("waits for a pause in the subtle mode, copied or not", async () => {
    const { service, requestAt, settings } = setup(() => "x");
    Object.assign(settings, { mode: "subtle", debounceMs: 30 });
    const lines = "const value = await step.first();\n".repeat(4);
    const result = await service.complete(requestAt(`${lines}const value = await step.f^`), never);
    assert.ok(result.kind === "shown" && result.source === "copy" && result.timings.debounceMs === 30);
  });

  it("is copied from other documents of the language, the last edited first", async () => {
    const { service, requestAt, documents } = setup(() => "x");
    const other = (uri: string, languageId: string, text: string) =>
      documents.open({ uri, path: uri, languageId, version: 1, text });
    other("file:///b.py", "python", "import numpy.linalg as algebra\n".repeat(2));
    assert.equal(reason(await service.complete(requestAt("import num^"), never)), "shown x");
    other("file:///c.ts", "typescript", "import numbers from three;\n".repeat(2));
    assert.equal(reason(await service.complete(requestAt("import numb^"), never)), "shown ers from three;");
  });

  describe("computes ahead", () => {
    const file = (count: number) =>
      Array.from({ length: count }, (_, line) => `let value${line} = ${line};\n`).join("");

    it("the prompt of the place where the cursor went, so that typing there is cheap", async () => {
      const { service, requestAt, native } = setup(() => "x");
      service.cursorMoved(requestAt(`${file(60)}^`));
      await until(() => native.warmed.at(-1)?.prompt.endsWith("<5>") === true);
      assert.ok(native.warmed.every(({ request }) => request.priority === Priority.warm));
      const last = native.warmed.at(-1)?.request.tokens ?? new Uint32Array();
      const result = await service.complete(requestAt(`${file(60)}l^`), never);
      const asked = native.jobs[0]?.request.tokens ?? new Uint32Array();
      assert.equal(result.kind, "shown");
      assert.ok(asked.length - commonPrefix(last, asked) <= 3);
    });

    it("the place behind the suggestion, once the fingers rest", async () => {
      const clock = new ManualClock();
      const { service, requestAt, native, settings } = setup(() => "the, whole, line);", { clock });
      settings.debounceMs = 0;
      await service.complete(requestAt("call(^\n"), never);
      await clock.pass(14);
      assert.equal(native.warmed.length, 0);
      await clock.pass(1);
      await until(() => native.warmed.length > 0);
      assert.match(native.warmed[0]?.prompt ?? "", /call\(the, whole, line\);<5>$/);
    });

    it("nothing more once the document is closed, or none is shown", async () => {
      for (const ending of ["forget", "cursorLeft", "forgetOtherFiles"] as const) {
        const pace = new ManualPace();
        const { service, requestAt, native, clock } = setup(() => "x", { pace });
        service.cursorMoved(requestAt(`${file(60)}^`));
        await until(() => native.warmed.length > 0);
        service[ending](URI);
        pace.allow(1000);
        await clock.wait(60_000, never);
        assert.deepEqual(
          native.warmed.map((job) => job.reason),
          ["cancelled"],
        );
      }
    });

    it("nothing when that is off", async () => {
      const { service, requestAt, native, settings, clock } = setup(() => "x");
      Object.assign(settings, { warming: false });
      service.cursorMoved(requestAt("a^"));
      await service.complete(requestAt("ab^"), never);
      await clock.wait(60_000, never);
      assert.equal(native.warmed.length, 0);
    });
  });

  describe("is silent", () => {
    const cases: { why: string; marked: string; raw: string }[] = [
      { why: "middle-of-word", marked: "na^me", raw: "x" },
      { why: "model-silent", marked: "a^", raw: "\nx" },
      { why: "only-whitespace", marked: "a^", raw: "   " },
      { why: "duplicates-next-line", marked: "^\nreturn x;", raw: "return x;" },
      { why: "repetitive", marked: "^", raw: "ab ab ab ab ab ab ab ab" },
      { why: "prose", marked: "^", raw: "Here's the code:" },
      { why: "repeats-suffix", marked: "call(^)", raw: ")" },
    ];
    for (const { why, marked, raw } of cases) {
      it(`with the reason ${why}`, async () => {
        const { service, requestAt } = setup(() => raw);
        assert.equal(reason(await service.complete(requestAt(marked), never)), why);
      });
    }

    it("when the document is not mirrored, or at another version", async () => {
      const { service, requestAt } = setup(() => "x");
      assert.equal(
        reason(await service.complete({ ...requestAt("^"), uri: "file:///b.ts" }, never)),
        "unknown-document",
      );
      assert.equal(reason(await service.complete({ ...requestAt("^"), version: 99 }, never)), "outdated");
    });

    it("when the text changes during the wait, without asking the model", async () => {
      const { service, requestAt, native } = setup(() => "x");
      const first = service.complete(requestAt("a^"), never);
      requestAt("ab^");
      assert.equal(reason(await first), "outdated");
      assert.equal(native.jobs.length, 0);
    });

    it("when no model is loaded, and says why", async () => {
      const { service, requestAt, withoutModel } = setup(() => "x");
      withoutModel("Loading built-in model");
      const result = await service.complete(requestAt("^"), never);
      assert.deepEqual(
        [reason(result), result.kind === "silent" && result.detail],
        ["not-ready", "Loading built-in model"],
      );
    });

    it("when the engine fails, and says how", async () => {
      const { service, requestAt, native } = setup(() => "x");
      await native.close();
      const result = await service.complete(requestAt("^"), never);
      assert.deepEqual([reason(result), result.kind === "silent" && result.detail], ["failed", "The model is closed."]);
    });
  });

  it("in the middle of a word is computed when asked for by hand, without a wait", async () => {
    const { service, requestAt, settings, clock } = setup(() => "x");
    settings.debounceMs = 60_000;
    assert.equal(reason(await service.complete(requestAt("na^me", "manual"), never)), "shown x");
    assert.equal(clock.now(), 0);
  });

  it("does not ask the model when cancelled during the wait", async () => {
    const { service, requestAt, native } = setup(() => "x");
    const controller = new AbortController();
    const result = service.complete(requestAt("^"), controller.signal);
    controller.abort();
    assert.equal(reason(await result), "cancelled");
    assert.equal(native.jobs.length, 0);
  });

  it("answers at once when cancelled during generation, and makes no more tokens unless the next key takes it up", async () => {
    for (const isTakenUp of [false, true]) {
      const { service, ask, native, clock, pace } = generating();
      const controller = new AbortController();
      const result = ask("^", controller.signal);
      await until(() => native.jobs[0]?.decoded === 3);
      controller.abort();
      assert.equal(reason(await result), "cancelled");
      const next = isTakenUp ? ask("m^", never) : undefined;
      await clock.pass(1000);
      pace.allow(1000);
      await until(() => native.jobs[0]?.reason !== undefined);
      if (next === undefined) assert.deepEqual([native.jobs[0]?.reason, native.jobs[0]?.decoded], ["cancelled", 3]);
      else assert.match(reason(await next), /^shown any words to say here/);
      assert.equal(native.jobs.length, 1);
      service.cursorLeft();
    }
  });

  it("makes no more tokens when the document is left, or the suggestion dismissed", async () => {
    for (const end of ["forget", "dismissed", "cursorLeft", "forgetOtherFiles"] as const) {
      const { service, ask, native, pace } = generating();
      const result = ask("^", never);
      await until(() => native.jobs[0]?.decoded === 3);
      service[end](URI);
      pace.allow(1000);
      assert.equal(reason(await result), "cancelled");
      assert.deepEqual([native.jobs[0]?.reason, native.jobs[0]?.decoded], ["cancelled", 3], end);
    }
  });

  it("gives way to a newer one", async () => {
    const pace = new ManualPace();
    const { service, requestAt, native } = setup(() => "one two three", { pace });
    const first = service.complete(requestAt("a^", "manual"), never);
    await until(() => native.jobs.length === 1);
    const second = service.complete(requestAt("ab^", "manual"), never);
    pace.allow(1000);
    assert.deepEqual([reason(await first), reason(await second)], ["cancelled", "shown one two three"]);
    assert.equal(native.mostAtOnce, 1);
  });
});

/** A model that has generated three tokens of a long answer and waits, and a clock that the test moves. */
function generating() {
  const pace = new ManualPace();
  pace.allow(3);
  const clock = new ManualClock();
  const { service, requestAt, native, settings } = setup(() => "many words to say here ".repeat(100), { pace, clock });
  settings.debounceMs = 0;
  const ask = (marked: string, signal: AbortSignal) => service.complete(requestAt(marked), signal);
  return { service, ask, native, clock, pace };
}
