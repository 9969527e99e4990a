/** `sterna eval` with the built-in model on files of this repository. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { PlacesResult } from "../../engine/cli/evalPlaces.ts";
import type { Score } from "../../engine/eval/score.ts";
import { temporaryFolder } from "../unit/models/folder.ts";
import { root } from "../unit/root.ts";
import { bundleSterna, sterna } from "../unit/support/sterna.ts";

const FILES = ["engine/backend/scheduler.ts", "scripts/lib/process.mjs", "training/model.py"].map((file) =>
  join(root, file),
);
const SYSTEMS = [
  "as the editor is answered",
  "model alone at the gate",
  "model alone, no gate",
  "with n-grams, at the gate",
  "with n-grams, no gate",
  "copies",
  "n-grams",
];

describe("sterna eval", function () {
  this.timeout(120_000);
  const folder = temporaryFolder();
  before(bundleSterna);

  const run = (...args: string[]) => sterna(folder.path("storage"), "eval", ...args);

  it("scores the model and the baselines on holes of every kind, and again on the holes that it wrote", async () => {
    const holes = folder.path("holes.jsonl");
    const outcome = await run("--limit", "6", "--write-holes", holes, "--json", ...FILES);
    assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
    const scores = JSON.parse(outcome.stdout) as Record<string, Record<string, Score>>;
    assert.deepEqual(Object.keys(scores), SYSTEMS);
    assert.equal(readFileSync(holes, "utf8").trim().split("\n").length, 24);
    for (const system of SYSTEMS) {
      for (const kind of ["line", "identifier", "arguments", "block"]) {
        const { holes: count = 0, answered = 0, right = 0, similarity = -1 } = scores[system]?.[kind] ?? {};
        assert.equal(count, 6, `${system} ${kind}`);
        assert.ok(right <= answered && answered <= count && similarity >= 0 && similarity <= 1);
      }
    }
    // Without the gate, everything that it held back is shown.
    const answered = (system: string) =>
      Object.values(scores[system] ?? {}).reduce((sum, group) => sum + group.answered, 0);
    assert.ok(answered("model alone at the gate") <= answered("model alone, no gate"));
    assert.ok(answered("with n-grams, at the gate") <= answered("with n-grams, no gate"));
    assert.ok(answered("model alone, no gate") > 0 && answered("n-grams") > 0);
    const again = await run("--holes", holes, "--json");
    assert.deepEqual(JSON.parse(again.stdout), scores);
  });

  it("says what is wrong with a file of holes", async () => {
    const holes = folder.path("wrong.jsonl");
    writeFileSync(holes, '{"path": "a.ts"}\n');
    const outcome = await run("--holes", holes);
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, /^sterna eval: .*wrong\.jsonl: line 1 is no hole: its "kind" is none of line, /);
    assert.equal((await run()).code, 2);
  });

  it("asks where somebody who types a repository's files would pause, the same again, and with its index", async () => {
    const repository = folder.path("repository");
    mkdirSync(repository);
    for (const file of FILES) copyFileSync(file, join(repository, basename(file)));
    const git = (...words: string[]) =>
      execFileSync("git", ["-c", "user.name=A", "-c", "user.email=a@b", "-c", "commit.gpgsign=false", ...words], {
        cwd: repository,
      });
    git("init", "-q");
    git("add", ".");
    git("commit", "-q", "-m", "files");
    const places = async (...args: string[]): Promise<PlacesResult> => {
      const outcome = await run("--places", repository, "--limit", "12", "--per-file", "6", "--json", ...args);
      assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
      return JSON.parse(outcome.stdout) as PlacesResult;
    };
    const result = await places("--languages", "typescript,python");
    assert.deepEqual(new Set(result.rows.map(({ path }) => path)), new Set(["scheduler.ts", "model.py"]));
    assert.equal(result.rows.length, 12);
    for (const { text, offset, shown, verdict } of result.rows) {
      assert.ok(offset <= text.length);
      assert.equal(shown === undefined, verdict === undefined);
    }
    assert.ok(result.rows.some(({ shown }) => shown !== undefined));
    assert.deepEqual(await places("--languages", "typescript,python"), result);
    assert.equal((await places("--index")).rows.length, 12);
  });
});
