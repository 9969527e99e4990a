import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownTable, peersTable, resultsPage } from "../../../bench/markdown.ts";
import { inTurns, summary } from "../../../bench/peers.ts";
import { merge, type PeerRow, type Results, readResults, withBonsai } from "../../../bench/results.ts";
import { groupsOf, picture } from "../../../bench/svg.ts";
import { temporaryFolder } from "../models/folder.ts";
import { root } from "../root.ts";
import { report } from "./sampleReport.ts";

const peer: PeerRow = { threads: 2, kind: "decode", tokens: 16, sterna: 42, llama: 20, ratio: 2 };
const results: Results = {
  machine: "A <fast> machine",
  own: { date: "2030-01-02", command: "npm run bench", reports: [report({ threads: 1 }), report()] },
  peers: { date: "2030-01-03", command: "npm run bench:peers", version: "1.2.3", rows: [peer] },
};

describe("the benchmark's results", () => {
  it("of one number of threads replace those of the same one", () => {
    const kept = [
      { threads: 1, n: 1 },
      { threads: 8, n: 1 },
    ];
    assert.deepEqual(merge(kept, [{ threads: 8, n: 2 }]), [
      { threads: 1, n: 1 },
      { threads: 8, n: 2 },
    ]);
    assert.deepEqual(
      merge(kept, [{ threads: 2, n: 3 }]).map(({ threads }) => threads),
      [1, 2, 8],
    );
  });

  describe("in a file", () => {
    const folder = temporaryFolder();

    it("are read again on the same machine only", () => {
      const file = folder.path("results.json");
      assert.deepEqual(readResults(file, "here"), { machine: "here" });
      writeFileSync(file, JSON.stringify(results));
      assert.deepEqual(readResults(file, results.machine), results);
      assert.deepEqual(readResults(file, "elsewhere"), { machine: "elsewhere" });
    });

    it("keep those of Bonsai, which have a machine of their own", () => {
      const file = folder.path("results.json");
      const bonsai = { machine: "there" };
      writeFileSync(file, JSON.stringify({ ...results, bonsai }));
      assert.deepEqual(readResults(file, "here"), { machine: "here", bonsai });
    });
  });

  it("that are kept are those that the page and the picture show", () => {
    const kept = (name: string) => readFileSync(join(root, "bench", name), "utf8");
    const fromFile = JSON.parse(kept("results.json")) as Results;
    const hint = 'run "npm run bench -- --render"';
    assert.equal(kept("RESULTS.md"), resultsPage(fromFile), hint);
    assert.equal(kept("results.svg"), picture(fromFile), hint);
  });

  it("are in columns by number of threads", () => {
    const { head, rows } = ownTable([report({ threads: 1, decode: { "0": 20 } }), report()]);
    assert.deepEqual(head, ["avx2", "1 thread", "of the ceiling", "2 threads", "of the ceiling"]);
    assert.deepEqual(
      rows.filter(([label]) => label?.startsWith("decode at")),
      [
        ["decode at context 0", "20.0 tokens/s", "40 %", "40.0 tokens/s", "80 %"],
        ["decode at context 1024", "", "", "30.0 tokens/s", "60 %"],
      ],
    );
    assert.ok(rows.every((row) => row.length === head.length));
    assert.deepEqual(peersTable([peer]).rows, [["decode at context 16, 2 threads", "42.0", "20.0", "2.00 x"]]);
  });

  it("make a page that says machine, dates and commands", () => {
    const page = resultsPage(results);
    const parts = [results.machine, "2030-01-02", "`npm run bench`", "2030-01-03", "`npm run bench:peers`", "1.2.3"];
    for (const part of [...parts, "results.svg", "| decode at context 0 |", "2.00 x"]) {
      assert.ok(page.includes(part), part);
    }
    const prose = page.split("\n").filter((line) => !line.startsWith("|"));
    assert.ok(prose.every((line) => line.length <= 120));
    assert.ok(!resultsPage({ machine: "m" }).includes("##"));
  });

  describe("of Bonsai", () => {
    const ran = (...shapes: [string, number][]) => ({
      own: {
        date: "2030-01-04",
        command: "npm run bench -- --shape bonsai-4b",
        reports: shapes.map(([shape, bodyMB]) => report({ shape, bodyMB })),
      },
    });
    const peers = { ...ran().own, shape: "bonsai-1.7b", version: "1.2.3", rows: [{ ...peer, type: "Q1_0" }] };
    const shapes = ({ bonsai }: Results) => bonsai?.own?.reports.map(({ shape }) => shape);

    it("replace those of the same shape, and are in the order of size", () => {
      const first = withBonsai(results, "m", ran(["bonsai-4b", 800], ["bonsai-1.7b", 350]));
      assert.deepEqual(shapes(first), ["bonsai-1.7b", "bonsai-4b"]);
      const second = withBonsai(withBonsai(first, "m", { peers }), "m", ran(["bonsai-4b", 801], ["bonsai-8b", 1700]));
      assert.deepEqual(
        second.bonsai?.own?.reports.map(({ bodyMB }) => bodyMB),
        [350, 801, 1700],
      );
      assert.deepEqual(second.bonsai?.peers, peers);
      assert.deepEqual(second.own, results.own);
    });

    it("of another machine are not kept beside them", () => {
      const first = withBonsai(results, "m", ran(["bonsai-1.7b", 350]));
      assert.deepEqual(withBonsai(first, "n", { peers }).bonsai, { machine: "n", peers });
    });

    it("have tables of their own", () => {
      const page = resultsPage(withBonsai(withBonsai(results, "N", ran(["bonsai-4b", 800])), "N", { peers }));
      for (const part of ["## Ternary-Bonsai", "Machine: N.", "| 4b |", "2 threads, Q1_0 |"]) {
        assert.ok(page.includes(part), part);
      }
    });
  });

  describe("as a picture", () => {
    it("have a group per figure, and llama.cpp by its ratio", () => {
      const groups = groupsOf(results);
      assert.equal(groups.length, 8);
      const both = groups.find(({ title }) => title === "Decode, short context, 2 threads");
      assert.deepEqual(both, {
        title: "Decode, short context, 2 threads",
        ceiling: 50,
        bars: [
          { who: "Sterna", rate: 40, share: 0.8 },
          { who: "llama.cpp", rate: 20, share: 0.4 },
        ],
      });
      assert.equal(groups.find(({ title }) => title === "Decode, short context, 1 thread")?.bars.length, 1);
      assert.deepEqual(groupsOf({ machine: "m" }), []);
    });

    it("are well-formed, escaped, and as wide as their share", () => {
      const svg = picture(results);
      assert.ok(svg.includes("A &lt;fast&gt; machine"));
      assert.match(svg, /prefers-color-scheme: dark/);
      const opened = [...svg.matchAll(/<(\w+)\b[^>]*>/g)]
        .filter(([tag]) => !tag.endsWith("/>"))
        .map(([, name]) => name);
      for (const name of new Set(opened)) {
        assert.equal(opened.filter((other) => other === name).length, svg.split(`</${name}>`).length - 1, name);
      }
      const widths = (name: string) =>
        [...svg.matchAll(new RegExp(`class="${name}"[^>]*? width="([\\d.]+)"`, "g"))].map(([, w]) => Number(w));
      const [track = 0] = widths("track");
      assert.equal(widths("track").length, 9);
      // Decode at a short context comes first: 80 % each, then llama.cpp's 40 %.
      assert.ok(widths("sterna").every((width) => width > 0 && width <= track));
      assert.ok(Math.abs((widths("sterna")[0] ?? 0) - 0.8 * track) < 0.1);
      assert.ok(Math.abs((widths("llama")[0] ?? 0) - 0.4 * track) < 0.1);
    });

    it("stay within the track when a cache makes more than the ceiling", () => {
      const fast = report({ decode: { "0": 500 } });
      const svg = picture({ machine: "m", own: { date: "", command: "", reports: [fast] } });
      assert.ok(svg.includes("(1000 %)"));
      const widths = [...svg.matchAll(/<rect[^>]*? width="([\d.]+)"/g)].map(([, width]) => Number(width));
      assert.equal(Math.max(...widths), widths[0]);
    });
  });

  it("of two engines come in turns, and each begins every second round", async () => {
    const order: string[] = [];
    const mark = (name: string, value: number) => async () => {
      order.push(name);
      return value;
    };
    const pairs = await inTurns(3, mark("s", 0.06), mark("l", 0.02));
    assert.equal(order.join(""), "sllssl");
    assert.deepEqual(summary(pairs), { sterna: 60, llama: 20, ratio: 3 });
  });

  it("give the median of the ratios, which a shift between the rounds leaves alone", () => {
    const pairs = [
      { sterna: 0.01, llama: 0.005 },
      { sterna: 0.03, llama: 0.015 },
      { sterna: 0.02, llama: 0.004 },
    ];
    assert.deepEqual(summary(pairs), { sterna: 20, llama: 5, ratio: 2 });
  });
});
