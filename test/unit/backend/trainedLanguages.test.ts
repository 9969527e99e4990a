import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { TRAINED_LANGUAGES } from "../../../engine/backend/localBackend.ts";
import { languageOf, languageOfPath } from "../../../engine/text/languages.ts";
import { root } from "../root.ts";

describe("the languages of the built-in model", () => {
  it("are families of the table of languages", () => {
    for (const family of TRAINED_LANGUAGES) assert.equal(languageOf(family).family, family);
  });

  it("are those of the training", () => {
    const table = readFileSync(path.join(root, "training/languages.py"), "utf8");
    const endings = [...table.matchAll(/Language\([\d.]+, \(([^)]*)\)/g)].map(
      ([, list = ""]) => /"(\.\w+)"/.exec(list)?.[1],
    );
    assert.ok(endings.length >= 20);
    const families = new Set(endings.map((ending) => languageOfPath(`a${ending}`).family));
    assert.deepEqual([...families].sort(), [...TRAINED_LANGUAGES].sort());
  });
});
