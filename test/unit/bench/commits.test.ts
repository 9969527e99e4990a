import assert from "node:assert/strict";
import { median, medianSeries, tables, withTables } from "../../../bench/commits/resultsPage.ts";
import type { Quality } from "../../../engine/replay/quality.ts";

const quality = (saved: number, wrong: number): Quality => ({
  keys: 100,
  savedPer100: saved,
  wrongPer100: wrong,
  keptPer100: 0,
  acceptedPer100: 0,
  rightCharacters: 50,
  rightSuggestions: 40,
});

const result = (repository: string, saved: number) => ({
  repository,
  languages: ["Go"],
  from: "abc",
  commits: 1,
  series: [
    {
      name: "a gate",
      played: quality(saved, 10),
      sources: {},
      curve: [
        { setting: 1, ...quality(saved + 1, 20) },
        { setting: 2, ...quality(saved + 2, 5) },
      ],
    },
  ],
});

describe("the page of replayed commits", () => {
  it("takes the middle value, or the mean of the two", () => {
    assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, 0]);
  });

  const results = [result("x/one", 10), result("x/two", 30), result("x/three", 20)];

  it("draws the medians over the repositories, point by point", () => {
    assert.deepEqual(medianSeries(results), [
      {
        name: "a gate",
        points: [
          { savedPer100: 21, wrongPer100: 20 },
          { savedPer100: 22, wrongPer100: 5 },
        ],
        marks: [{ savedPer100: 20, wrongPer100: 10, name: "as set" }],
      },
    ]);
  });

  it("has a row for each repository, one for the medians, one for each point", () => {
    const lines = tables(results).split("\n");
    assert.ok(lines.includes("| x/two (Go) | 100 | a gate | 30.0 | 10.0 | 0.0 | 50.0 | 40.0 |"));
    assert.ok(lines.includes("| **median** |  | a gate | 20.0 | 10.0 | 0.0 | 50.0 | 40.0 |"));
    assert.ok(lines.includes("| a gate | 2 | 22.0 | 5.0 | 0.0 | 50.0 | 40.0 |"));
  });

  it("puts its tables between the marks, and again", () => {
    const page = "before\n<!-- tables -->\n<!-- end of tables -->\nafter\n";
    const once = withTables(page, "| a |\n");
    assert.equal(once, "before\n<!-- tables -->\n\n| a |\n\n<!-- end of tables -->\nafter\n");
    assert.equal(withTables(once, "| a |\n"), once);
    assert.throws(() => withTables("nothing", "x"), /has no <!-- tables -->/);
  });
});
