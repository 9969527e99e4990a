import assert from "node:assert/strict";
import { CompletionCache } from "../../../engine/completion/completionCache.ts";
import type { CompletionCall } from "../../../engine/completion/completionCall.ts";
import type { CompletionSite } from "../../../engine/completion/completionSite.ts";
import { confidenceGate, OPEN_GATE } from "../../../engine/completion/gate/gate.ts";
import { GateHistory } from "../../../engine/completion/gate/history.ts";
import { ALL_PARTS } from "../../../engine/completion/parts.ts";
import { Presenter } from "../../../engine/completion/presenter.ts";
import { Stopwatch } from "../../../engine/completion/stopwatch.ts";
import { ManualClock } from "../support/manualClock.ts";
import { contextAt } from "../support/marked.ts";

const URI = "file:///a.ts";
const PIECES = [
  { end: 2, probability: 0.9 },
  { end: 4, probability: 0.3 },
  { end: 6, probability: 0.9 },
];

function setup(others: readonly string[] = []) {
  const cache = new CompletionCache();
  const next: string[] = [];
  const presenter = new Presenter(
    ALL_PARTS,
    cache,
    new GateHistory(),
    () => others,
    (_, context) => next.push(context.prefix),
  );
  const siteOf = (marked: string): CompletionSite => {
    const context = contextAt(marked);
    return { uri: URI, context, widgetText: "", contextWithWidget: context };
  };
  const call = (trigger: "automatic" | "manual" = "automatic"): CompletionCall => ({
    params: { uri: URI, version: 1, offset: 1, trigger },
    signal: new AbortController().signal,
    watch: new Stopwatch(new ManualClock()),
  });
  return { cache, next, presenter, siteOf, call };
}

describe("an answer on its way to the screen", () => {
  const gate = confidenceGate({ forCutText: 0.5, forWholeText: 0.5 });
  const cached = (typed: string) => {
    const { cache, presenter, siteOf, call } = setup();
    cache.add(URI, siteOf("a^").context, "bbccdd", PIECES);
    const result = presenter.presentCached(call(), siteOf(`a${typed}^`), gate);
    return result?.kind === "shown" ? result.text : result?.reason;
  };

  it("is shown as far as the model was sure of it, and further once that is typed", () => {
    assert.equal(cached(""), "bb");
    assert.equal(cached("bb"), undefined);
    assert.equal(cached("bbcc"), "dd");
  });

  it("is a silence at its own site when the model was sure of nothing", () => {
    const { cache, presenter, siteOf, call } = setup();
    cache.add(URI, siteOf("a^").context, "bb", [{ end: 2, probability: 0.1 }]);
    const result = presenter.presentCached(call(), siteOf("a^"), gate);
    assert.equal(result?.kind === "silent" ? result.reason : "shown", "unsure");
  });

  it("stays as long as it is on the screen while it is typed, whatever the gate says of it then", () => {
    const { presenter, siteOf, call } = setup();
    const present = (onScreen: number) => {
      const answer = { text: "bbccdd", pieces: PIECES, typed: 1, onScreen, source: "cache", gate } as const;
      const result = presenter.present(call(), siteOf("ab^"), answer);
      return result.kind === "shown" ? result.text : result.reason;
    };
    assert.deepEqual([present(0), present(1), present(3), present(5)], ["b", "b", "bcc", "bccdd"]);
  });

  it("stays away from a selected list item that it goes another way than, where the model was sure", () => {
    const { cache, presenter, siteOf } = setup();
    cache.add(URI, siteOf("a^").context, "bbccdd", PIECES);
    const isAgainst = (widgetText: string, typed = "") =>
      presenter.contradictsWidgetItem({ ...siteOf(`a${typed}^`), widgetText }, gate);
    // Of "bbccdd" only "bb" is certain.
    const rows = [
      isAgainst(""),
      isAgainst("b"),
      isAgainst("bbx"),
      isAgainst("bx"),
      isAgainst("x"),
      isAgainst("x", "bb"),
    ];
    assert.deepEqual(rows, [false, false, false, true, true, false]);
  });

  for (const source of ["model", "in-flight", "cache", "copy"] as const) {
    it(`is fitted, refused and foreseen the same way when it comes from ${source}`, () => {
      const { cache, next, presenter, siteOf, call } = setup();
      const site = siteOf("f(^)");
      const answer = { text: "bb)", pieces: [], typed: 0, onScreen: 0, source, gate: OPEN_GATE };
      const shown = presenter.present(call(), site, answer);
      assert.deepEqual(shown.kind === "shown" && [shown.text, shown.replaceLength, shown.source], ["bb)", 1, source]);
      assert.deepEqual(next, ["f(bb)"]);
      cache.dismiss(URI);
      const refused = presenter.present(call(), site, answer);
      assert.equal(refused.kind === "silent" ? refused.reason : "shown", "refused");
    });
  }

  it("comes although it was refused when it is asked for by hand", () => {
    const { cache, presenter, siteOf, call } = setup();
    const answer = { text: "bb", pieces: [], typed: 0, onScreen: 0, source: "model", gate: OPEN_GATE } as const;
    presenter.present(call(), siteOf("a^"), answer);
    cache.dismiss(URI);
    assert.equal(presenter.present(call("manual"), siteOf("a^"), answer).kind, "shown");
  });

  it("ends before a name that only another file knows, whoever asks", () => {
    const { presenter, siteOf, call } = setup(["const width = 1;"]);
    const answer = { text: "cents * width;", pieces: [], typed: 0, onScreen: 0, gate: OPEN_GATE } as const;
    for (const source of ["model", "cache", "copy"] as const) {
      for (const trigger of ["automatic", "manual"] as const) {
        const shown = presenter.present(call(trigger), siteOf("half(cents) { return ^"), { ...answer, source });
        assert.equal(shown.kind === "shown" ? shown.text : shown.reason, "cents", `${source}, ${trigger}`);
      }
    }
    const only = presenter.present(call(), siteOf("return ^"), { ...answer, text: "width;", source: "model" });
    assert.equal(only.kind === "silent" ? only.reason : "shown", "out-of-scope");
  });

  it("is no copy of a single character", () => {
    const { presenter, siteOf, call } = setup();
    const answer = { text: "b", pieces: [], typed: 0, onScreen: 0, source: "copy", gate: OPEN_GATE } as const;
    assert.equal(presenter.present(call(), siteOf("a^"), answer).kind, "silent");
  });
});
