import assert from "node:assert/strict";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { removeForeignCache } from "../../../scripts/build-addon.mjs";
import { temporaryFolder } from "../models/folder.ts";

describe("a build folder of CMake", () => {
  const folder = temporaryFolder();

  /** Writes the part of CMake's cache that names the folder in which it was made. */
  const configure = (build: string, madeIn = build) => {
    mkdirSync(build, { recursive: true });
    writeFileSync(path.join(build, "CMakeCache.txt"), `# a comment\nCMAKE_CACHEFILE_DIR:INTERNAL=${madeIn}\nA:B=c\n`);
    return build;
  };

  it("is kept where it was made", () => {
    const build = configure(folder.path("kept"));
    removeForeignCache(build);
    assert.ok(existsSync(path.join(build, "CMakeCache.txt")));
  });

  it("is removed when the clone was moved to another folder", () => {
    configure(folder.path("before/build"));
    renameSync(folder.path("before"), folder.path("after"));
    removeForeignCache(folder.path("after/build"));
    assert.ok(!existsSync(folder.path("after/build")));
  });

  it("is removed when the clone was copied and the first one still exists", () => {
    const original = configure(folder.path("original"));
    const copy = configure(folder.path("copy"), original);
    removeForeignCache(copy);
    assert.ok(!existsSync(copy));
    assert.ok(existsSync(original));
  });

  it("may be missing", () => removeForeignCache(folder.path("none")));
});
