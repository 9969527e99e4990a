import assert from "node:assert/strict";
import { BOUNDS_MS, hasSurvived, Statistics, total } from "../../../extension/statistics/statistics.ts";
import { statisticsPage } from "../../../extension/statistics/statisticsPage.ts";

describe("the statistics", () => {
  let date = "2026-01-01";
  let changes = 0;
  const start = (stored?: unknown) =>
    new Statistics(
      stored,
      () => date,
      () => changes++,
    );

  it("count by day what was shown, how fast, what was accepted and survived, and why there was nothing", () => {
    date = "2026-01-01";
    changes = 0;
    const statistics = start();
    statistics.recordShown("model", 40);
    statistics.recordShown("copy", 5);
    statistics.recordShown("typed-through", 0.4);
    statistics.silent("unsure");
    statistics.silent("cancelled");
    statistics.silent("list-first");
    date = "2026-01-02";
    statistics.recordShown("cache", 9000);
    statistics.accepted(12);
    statistics.checked(true);
    statistics.checked(false);
    const [first, second] = statistics.days;
    assert.deepEqual([first?.date, first?.shown, second?.date, second?.shown], ["2026-01-01", 2, "2026-01-02", 1]);
    assert.equal(first?.model[BOUNDS_MS.indexOf(50)], 1);
    assert.equal(first?.cached[0], 2);
    assert.equal(second?.cached.at(-1), 1);
    assert.deepEqual(first?.silences, { unsure: 1 });
    assert.deepEqual([second?.accepted, second?.acceptedCharacters, second?.checked, second?.survived], [1, 12, 2, 1]);
    assert.equal(changes, 8);
    const sum = total(statistics.days);
    assert.deepEqual([sum.shown, sum.accepted, sum.cached[0]], [3, 1, 2]);
  });

  it("go on after a restart, keep thirty days, and stand what is no statistics", () => {
    date = "2026-01-01";
    const before = start();
    before.recordShown("model", 1);
    const stored: unknown = JSON.parse(JSON.stringify(before.days));
    const after = start(stored);
    after.recordShown("model", 1);
    assert.equal(after.days[0]?.shown, 2);
    const long = start();
    for (let day = 0; day < 40; day++) {
      date = `2026-02-${String(day).padStart(2, "0")}`;
      long.recordShown("model", 1);
    }
    assert.equal(long.days.length, 30);
    assert.equal(long.days.at(-1)?.date, "2026-02-39");
    for (const wrong of [undefined, "x", [1], [{}], [{ date: "soon" }]]) assert.deepEqual(start(wrong).days, []);
    const [mended] = start([{ date: "2026-01-01", shown: "many", accepted: -1, model: { 0: 3 } }]).days;
    assert.deepEqual([mended?.shown, mended?.accepted, mended?.model[0]], [0, 0, 0]);
  });

  const rows: [text: string, offset: number, document: string, expected: boolean][] = [
    ["total;", 7, "return total;", true],
    ["total;", 7, "// new\nreturn total;", true],
    ["total;", 7, "return total + 1;", false],
    ["a {\n  b\n}", 0, "a {\r\n  b\r\n}", true],
    ["total;", 0, `${" ".repeat(5000)}total;`, false],
    ["  ", 0, "    ", false],
  ];
  for (const [text, offset, document, expected] of rows) {
    it(`see that ${JSON.stringify(text)} ${expected ? "still stands" : "has gone"} in ${JSON.stringify(document.trim())}`, () => {
      assert.equal(hasSurvived(text, offset, document), expected);
    });
  }
});

describe("the statistics page", () => {
  const statistics = new Statistics(undefined, () => "2026-01-01");
  statistics.recordShown("model", 40);
  statistics.recordShown("model", 40);
  statistics.recordShown("copy", 1);
  statistics.accepted(10);
  statistics.silent("unsure");
  const page = statisticsPage(statistics.days, "n0");

  it("runs and loads nothing", () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
    assert.equal(policy, "default-src 'none'; style-src 'nonce-n0'");
    assert.doesNotMatch(page, /<script|style="|\son\w+=|<img|<iframe|https?:/);
  });

  it("plots what was counted, and says the same in tables", () => {
    assert.match(page, /<td>1 \(33 %\)<\/td>/);
    assert.match(page, /<svg role="img" aria-label="Suggestions shown and accepted by day"/);
    const tallest = [...page.matchAll(/<rect class="s1"[^>]*height="([\d.]+)"><title>≤ 50 ms: 2 model/g)];
    assert.equal(tallest[0]?.[1], "160.0");
    assert.match(page, /The model was not sure enough\.<\/th><td>1<\/td>/);
  });

  it("says so when nothing was counted yet", () => {
    const empty = statisticsPage([], "n0");
    assert.equal(empty.match(/Nothing yet\./g)?.length, 2);
    assert.match(empty, /none yet/);
  });
});
