import assert from "node:assert/strict";
import { confidenceGate, OPEN_GATE } from "../../../engine/completion/gate/gate.ts";
import { CandidateRecorder } from "../../../engine/replay/candidates.ts";
import { curveSvg } from "../../../engine/replay/curveSvg.ts";
import { play } from "../../../engine/replay/player.ts";
import { addTo, emptyTally, qualityOf } from "../../../engine/replay/quality.ts";
import { RecordedAnswers } from "../../../engine/replay/recordedAnswers.ts";
import type { EditScript, ScriptEvent } from "../../../engine/replay/script.ts";
import { Documents } from "../../../engine/repository/openDocuments.ts";
import { cursorContext } from "../../../engine/text/cursor.ts";

/** Types a text into an empty file. */
function typing(typed: string): EditScript {
  const events: ScriptEvent[] = [{ kind: "show", file: 0, offset: 0, afterMs: 0 }];
  for (const [offset, text] of [...typed].entries()) {
    events.push({ kind: "key", key: "type", changes: [{ offset, length: 0, text }], offset: offset + 1, afterMs: 300 });
  }
  return { files: [{ path: "a.ts", languageId: "typescript", text: "" }], events };
}

/** A record in which the model suggests a text after the first `typed` characters. */
function record(whole: string, typed: number, text: string, probability: number): CandidateRecorder {
  const documents = new Documents();
  documents.open({ uri: "u", path: "a.ts", languageId: "typescript", version: 1, text: whole.slice(0, typed) });
  const recorder = new CandidateRecorder();
  recorder.begin(typed, { uri: "u", version: 1, offset: typed }, documents);
  const context = cursorContext({ path: "a.ts", languageId: "typescript", text: whole.slice(0, typed) }, typed);
  const pieces = [
    { end: 2, probability: 0.9 },
    { end: text.length, probability },
  ];
  const answer = { text, pieces, typed: 0, onScreen: 0, source: "model" as const, context };
  assert.equal(recorder.gate(answer), 0);
  recorder.gate(answer);
  recorder.gate({ ...answer, context: { ...context, prefix: "elsewhere" } });
  return recorder;
}

describe("answers that were recorded", () => {
  const WHOLE = "call(one, two);";
  const tryGate = async (recorder: CandidateRecorder, least: number) => {
    const gate = least === 0 ? OPEN_GATE : confidenceGate({ forCutText: least, forWholeText: least });
    const tally = emptyTally();
    const options = { clock: { now: () => 0, wait: async () => true }, documents: new Documents(), accept: 1 };
    const more = { acceptFrom: 2, reactionMs: 250, seed: 1, limit: 1e6, inStep: true };
    const completion = () => new RecordedAnswers(recorder.events, gate);
    addTo(tally, await play(typing(WHOLE), { ...options, ...more, completion }));
    return qualityOf(tally);
  };

  it("are recorded once, and those for other places not at all", () => {
    const recorder = record(WHOLE, 5, "one, two);", 0.5);
    assert.deepEqual(
      [...recorder.events].map(([event, candidates]) => [event, candidates.map(({ text }) => text)]),
      [[5, ["one, two);"]]],
    );
    assert.deepEqual(
      recorder.events.get(5)?.[0]?.cuts.map(({ end, shown }) => [end, shown?.text]),
      [
        [2, "on"],
        [10, "one, two);"],
      ],
    );
  });

  it("save keys where a gate lets right ones through", async () => {
    const recorder = record(WHOLE, 5, "one, two);", 0.5);
    const open = await tryGate(recorder, 0);
    assert.deepEqual([open.keys, open.savedPer100, open.wrongPer100, open.rightCharacters], [15, 60, 0, 100]);
    const half = await tryGate(recorder, 0.6);
    assert.deepEqual([half.savedPer100, half.wrongPer100], [6.67, 0]);
    const closed = await tryGate(recorder, 0.95);
    assert.deepEqual([closed.savedPer100, closed.wrongPer100], [0, 0]);
  });

  it("show wrong characters where a gate lets wrong ones through", async () => {
    const recorder = record(WHOLE, 5, "one, four);", 0.5);
    const open = await tryGate(recorder, 0);
    assert.deepEqual([open.savedPer100, open.wrongPer100], [0, 40]);
    assert.equal((await tryGate(recorder, 0.6)).wrongPer100, 0);
  });
});

describe("the picture of a curve", () => {
  it("holds every point, its marks, and names without markup", () => {
    const points = [
      { savedPer100: 10, wrongPer100: 5 },
      { savedPer100: 20, wrongPer100: 30 },
    ];
    const marks = [{ savedPer100: 15, wrongPer100: 12, name: "as set" }];
    const svg = curveSvg("a < b", [{ name: "x & y", points, marks }]);
    assert.equal(svg.match(/<circle/g)?.length, 3);
    assert.match(svg, /a &lt; b/);
    assert.match(svg, /x &amp; y/);
    assert.match(svg, /as set/);
  });
});
