import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { addJudgement, emptyHarm, judge, KINDS, placesIn } from "../../../engine/eval/filterHarm.ts";
import { Random } from "../../../engine/replay/random.ts";
import { languageIdOfPath } from "../../../engine/text/languages.ts";
import { root } from "../root.ts";

const FILES = [
  "engine/completion/suffixJoin.ts",
  "engine/text/scanner.ts",
  "engine/text/grammar.ts",
  "extension/main.ts",
  "webview/main.ts",
  "scripts/lib/walls.mjs",
  "training/model.py",
  "training/data.py",
  "native/src/kernels/scalar.cc",
  "native/src/tokenizer/tokenizer.cc",
  "package.json",
];

function sourcesOf(): { path: string; languageId: string; text: string }[] {
  return FILES.flatMap((path) => {
    try {
      return [{ path, languageId: languageIdOfPath(path), text: readFileSync(`${root}/${path}`, "utf8") }];
    } catch {
      return [];
    }
  });
}

describe("stop rules and filters do not change right text", () => {
  it("in this project's own files", function () {
    this.timeout(30_000);
    const random = new Random(1);
    const harm = emptyHarm();
    const faults: string[] = [];
    const sources = sourcesOf();
    assert.ok(sources.length >= 6);
    for (const source of sources) {
      for (const place of placesIn(source, 25, () => random.next())) {
        const judgement = judge(place);
        addJudgement(harm, place, judgement);
        if (judgement.outcome === "damaged") faults.push(`${place.path}: ${place.kind}: ${judgement.result}`);
      }
    }
    assert.deepEqual(faults, []);
    for (const kind of KINDS) {
      const { runs, dropped, shortened } = harm.kinds[kind];
      assert.ok(runs > 80 && dropped + shortened <= runs / 100, `${kind}: ${JSON.stringify(harm.kinds[kind])}`);
    }
  });
});

describe("a place in a file", () => {
  const text = "const a = call(first, second);\nconst b = 1;\n";
  const place = { path: "a.ts", languageId: "typescript", text };

  it("is at a line's end, or between two boundaries of a line", () => {
    const random = new Random(3);
    const places = placesIn(place, 40, () => random.next());
    for (const { kind, start, end } of places) {
      assert.ok(start < end && !text.slice(start, end).includes("\n"));
      if (kind === "line end") assert.equal(text[end], "\n");
      assert.ok(!/^\w\w$/.test(text.slice(start - 1, start + 1)), text.slice(start - 1, start + 1));
    }
    assert.deepEqual(new Set(places.map(({ kind }) => kind)), new Set(KINDS));
  });

  it("is judged by the resulting document", () => {
    const start = text.indexOf("first");
    const end = text.indexOf(", second");
    const outcomes = KINDS.map((kind) => judge({ ...place, kind, start, end: kind === "line end" ? 30 : end }).outcome);
    assert.deepEqual(outcomes, ["right", "right", "right"]);
    const same = { ...place, text: "return one;\nreturn one;\n", kind: "line end" as const, start: 3, end: 11 };
    assert.deepEqual(judge(same), { outcome: "dropped", cause: "next line: duplicates-next-line", result: "" });
  });
});
