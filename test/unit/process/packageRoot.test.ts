import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { packageRoot } from "../../../engine/packageRoot.ts";
import { temporaryFolder } from "../models/folder.ts";

describe("package root", () => {
  const folder = temporaryFolder();

  before(() => {
    mkdirSync(folder.path("package/dist"), { recursive: true });
    writeFileSync(folder.path("package/package.json"), "{}");
    writeFileSync(folder.path("package/dist/sterna.mjs"), "");
  });

  it("is the folder above the script's that has a package.json", () => {
    assert.equal(packageRoot(folder.path("package/dist/sterna.mjs")), folder.path("package"));
  });

  it("is found through a link to the script", () => {
    symlinkSync(folder.path("package/dist/sterna.mjs"), folder.path("sterna"));
    assert.equal(packageRoot(folder.path("sterna")), folder.path("package"));
  });

  it("is an error where there is none", () => {
    writeFileSync(folder.path("alone.mjs"), "");
    assert.throws(() => packageRoot(folder.path("alone.mjs")), /reinstall it/);
  });
});
