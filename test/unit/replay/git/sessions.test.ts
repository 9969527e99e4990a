import assert from "node:assert/strict";
import type { Commit } from "../../../../engine/replay/git/commits.ts";
import {
  isTyped,
  type Others,
  planSessions,
  type SessionOptions,
  sessionOf,
} from "../../../../engine/replay/git/sessions.ts";
import type { Hunk } from "../../../../engine/replay/git/unifiedDiff.ts";
import { applyChanges, type EditScript } from "../../../../engine/replay/script.ts";

const hunk = (oldStart: number, newLines: string[], oldLines: string[] = []): Hunk => ({
  oldStart,
  oldLines,
  newStart: oldStart,
  newLines,
});
const commit = (hash: string, files: Record<string, Hunk[]>): Commit => ({
  hash,
  parent: `${hash}^`,
  time: 0,
  subject: hash,
  files: Object.entries(files).map(([path, hunks]) => ({ oldPath: path, newPath: path, hunks })),
});
const options = (others: Others = "open", seed = 1, commits = 100): SessionOptions => ({
  seed,
  commits,
  others,
  languageOf: (path) => (path.endsWith(".ts") ? "typescript" : undefined),
});
const LINES = ["  first(line);", "  second(line);"];

describe("a hunk is typed", () => {
  const cases: [name: string, hunk: Hunk, typed: boolean][] = [
    ["that adds two lines", hunk(0, LINES), true],
    ["that adds one", hunk(0, ["const one = first(line);"]), false],
    ["that adds too many", hunk(0, Array(26).fill("const one = 1;")), false],
    ["that takes some out", hunk(0, LINES, ["x"]), false],
    ["that says nothing", hunk(0, ["", "", "  }"]), false],
    ["that holds data", hunk(0, [...LINES, "x".repeat(201)]), false],
  ];
  for (const [name, one, typed] of cases) {
    it(`${name}: ${typed}`, () => assert.equal(isTyped(one), typed));
  }
});

describe("the plan of a replay", () => {
  const history = [
    commit("a", { "old.ts": [hunk(3, LINES)], "notes.txt": [hunk(0, LINES)] }),
    commit("b", { "dist/made.ts": [hunk(0, LINES)], "package.min.ts": [hunk(0, LINES)] }),
    commit("c", { "new.ts": [hunk(7, ["one"])] }),
    commit("d", { "main.ts": [hunk(1, LINES)], "old.ts": [hunk(0, ["x"])] }),
    commit("e", { "main.ts": [hunk(9, LINES)] }),
  ];
  const plans = planSessions(history, options());

  it("has the commits that add code of the kind that people type", () => {
    assert.deepEqual(
      plans.map(({ commit: { hash }, files }) => [hash, files.map(({ path }) => path).join()]),
      [
        ["a", "old.ts"],
        ["d", "main.ts"],
        ["e", "main.ts"],
      ],
    );
  });

  it("knows which files were changed before, and where", () => {
    assert.deepEqual(
      plans.map(({ recent }) => recent.map(({ path, line }) => `${path}:${line}`).join()),
      ["", "old.ts:3,new.ts:7", "new.ts:7,main.ts:1,old.ts:0"],
    );
  });

  it("is a sample chosen by the seed, in the order of the commits", () => {
    const of = (seed: number) => planSessions(history, options("open", seed, 2)).map(({ commit: { hash } }) => hash);
    const all = [1, 2, 3, 4, 5, 6].map(of);
    assert.deepEqual(of(1), all[0]);
    assert.ok(all.every((hashes) => hashes.length === 2 && hashes.join() === [...hashes].sort().join()));
    assert.ok(new Set(all.map((hashes) => hashes.join())).size > 1);
  });
});

describe("a session out of a commit", () => {
  const MAIN = "function f() {\r\n}\r\nend();\r\n";
  const FILES: Record<string, string> = { "main.ts": MAIN, "old.ts": "old\nlines\n", "far/x.ts": "x\n" };
  const typed = commit("d", {
    "main.ts": [hunk(0, ["top of it();", "second;"]), hunk(1, LINES), hunk(3, ["third(line);", "last;"])],
  });
  const history = [commit("a", { "old.ts": [hunk(1, ["1"])], "gone.ts": [hunk(1, ["1"])] }), typed];
  const make = async (others: Others, seed: number): Promise<EditScript> => {
    const [plan] = planSessions(history, { ...options(others, seed), commits: 1 });
    assert.ok(plan !== undefined);
    const read = async (_: string, path: string) => FILES[path];
    const script = await sessionOf(plan, options(others, seed), read);
    assert.ok(script !== undefined);
    return script;
  };
  const endOf = ({ files, events }: EditScript) => {
    const texts = files.map(({ text }) => text);
    let shown = 0;
    for (const event of events) {
      if (event.kind === "show") shown = event.file;
      else if (event.kind === "key") texts[shown] = applyChanges(texts[shown] ?? "", event.changes);
    }
    return texts[0];
  };

  it("ends with the lines in their places, even if a part of them was there already", async () => {
    const wanted =
      "top of it();\nsecond;\nfunction f() {\n  first(line);\n  second(line);\n}\nend();\nthird(line);\nlast;\n";
    const beginnings = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const script = await make("none", seed);
      beginnings.add(script.files[0]?.text ?? "");
      assert.equal(endOf(script), wanted);
    }
    assert.ok(beginnings.has("function f() {\n}\nend();\n"));
    assert.ok(beginnings.size > 5);
  });

  it("has the files open that were changed last", async () => {
    const paths = async (others: Others) => (await make(others, 1)).files.map(({ path }) => path).join();
    assert.equal(await paths("none"), "main.ts");
    assert.equal(await paths("open"), "main.ts,old.ts");
    assert.equal(await paths("repository"), await paths("open"));
    const shows = (await make("open", 1)).events.filter(({ kind }) => kind === "show");
    assert.deepEqual(
      shows.map((event) => (event.kind === "show" ? [event.file, event.offset] : [])),
      [
        [1, 4],
        [0, 0],
      ],
    );
  });
});
