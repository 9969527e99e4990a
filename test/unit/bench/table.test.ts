import assert from "node:assert/strict";
import { reportTable, reportText } from "../../../engine/cli/bench/report.ts";
import { figure, markdownTable, percent, plainTable } from "../../../engine/cli/bench/table.ts";
import { report } from "./sampleReport.ts";

describe("the benchmark's tables", () => {
  const table = {
    head: ["what", "a", "share"],
    rows: [
      ["read", "1", ""],
      ["multiply-add", "1234", "5 %"],
    ],
  };

  it("align figures to the right on a terminal, without blanks at the ends of lines", () => {
    assert.equal(
      plainTable(table),
      [
        "what             a  share",
        "------------  ----  -----",
        "read             1",
        "multiply-add  1234    5 %",
        "",
      ].join("\n"),
    );
  });

  it("become Markdown", () => {
    assert.equal(
      markdownTable({ ...table, rows: [["a|b", "1", ""]] }),
      "| what | a | share |\n| --- | ---: | ---: |\n| a\\|b | 1 |  |\n",
    );
  });

  const figures: [number | undefined, string][] = [
    [0, "0"],
    [0.01234, "0.0123"],
    [1.234, "1.23"],
    [27.06, "27.1"],
    [847.4, "847"],
    [1656.3, "1656"],
    [undefined, ""],
  ];
  for (const [value, text] of figures) {
    it(`show ${value} as "${text}"`, () => assert.equal(figure(value), text));
  }

  it("show shares in whole percent", () => assert.deepEqual([percent(0.666), percent(undefined)], ["67 %", ""]));

  it("hold every figure of a report, with its share of the ceiling", () => {
    const rows = new Map(reportTable(report()).rows.map(([label, ...cells]) => [label, cells]));
    // 800 MB at 40 GB/s: 50 tokens/s; 2 G multiply-adds at 200 G/s: 100 tokens/s.
    assert.deepEqual(rows.get("decode at context 0"), ["40.0 tokens/s", "80 %"]);
    assert.deepEqual(rows.get("decode at context 1024"), ["30.0 tokens/s", "60 %"]);
    assert.deepEqual(rows.get("prefill 128"), ["80.0 tokens/s", "80 %"]);
    assert.deepEqual(rows.get("prefill 512, ternary products alone"), ["", "90 %"]);
    assert.deepEqual(rows.get("2 tokens in one pass"), ["1.25 x one", ""]);
    assert.deepEqual(rows.get("decode, ternary matrices alone"), ["", "90 %"]);
    // 300 MB in 12 ms are 25 GB/s of 40.
    assert.deepEqual(rows.get("output head, per token"), ["12.0 ms", "63 %"]);
    assert.deepEqual(rows.get("peak memory at context 2048"), ["1600 MB", ""]);
    assert.match(reportText(report()), /^Synthetic model of the shape 2b4t\n\navx2, 2 threads /);
  });
});
