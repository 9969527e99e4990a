import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { SternaApi } from "../../extension/api.ts";
import { closeAll, nextResult, openAt, settled, sleep, sterna, type, typeUntilSuggestion, until } from "./editor.ts";

describe("inline completions in VS Code", () => {
  let api: SternaApi;

  before(async function () {
    this.timeout(60_000);
    api = await sterna();
  });
  afterEach(closeAll);

  it("come from a model that runs in a process of its own", () => {
    const { state, model } = api.status();
    assert.equal(state, "ready");
    assert.ok(model?.name && model.threads >= 1, JSON.stringify(model));
    assert.notEqual(api.enginePid(), undefined);
    assert.notEqual(api.enginePid(), process.pid);
  });

  it("appear while typing, and accepting one inserts it", async () => {
    const editor = await typeUntilSuggestion(api);
    const before = editor.document.getText();
    const { accepted } = api.counts();
    // The editor shows a suggestion a moment after it has received it.
    for (const end = Date.now() + 8_000; api.counts().accepted === accepted && Date.now() < end; await sleep(100)) {
      await vscode.commands.executeCommand("editor.action.inlineSuggest.commit");
    }
    await until("the accepted suggestion", () => api.counts().accepted === accepted + 1);
    const after = editor.document.getText();
    assert.ok(after.length > before.length, "nothing was inserted");
    const { line, character } = editor.selection.active;
    assert.notEqual(editor.document.lineAt(line).text.slice(0, character).trim(), "");
    // What follows an accepted suggestion is requested at once.
    const timings = await until("times of the model", () => api.lastTimings());
    assert.ok(timings.promptTokens > 0 && timings.totalMs > 0, JSON.stringify(timings));
  });

  it("prefill only what is new at the next keystroke", async () => {
    await openAt("stock.py", 30);
    for (const keys of ["\nfile", "n"]) {
      const before = settled(api);
      await type(keys);
      await nextResult(api, before);
    }
    const { promptTokens = 0, cachedTokens = 0 } = api.lastTimings() ?? {};
    assert.ok(cachedTokens > promptTokens / 2, `${cachedTokens} of ${promptTokens} tokens came from the cache`);
  });

  it("are silent inside a word, and say so", async () => {
    const editor = await openAt("src/cart.ts", 25);
    const inside = editor.selection.active.translate(0, -6);
    editor.selection = new vscode.Selection(inside, inside);
    assert.match(editor.document.lineAt(inside.line).text.slice(0, inside.character), /su$/);
    const before = settled(api);
    await type("x");
    assert.equal(await nextResult(api, before), false);
    assert.equal(api.lastSilence(), "middle-of-word");
  });

  it("stay away while turned off, and come back", async () => {
    await vscode.commands.executeCommand("sterna.toggle");
    try {
      await openAt("src/cart.ts", 25);
      const before = settled(api);
      await type("\nfor (const item of ");
      assert.equal(await nextResult(api, before), false);
      assert.equal(api.lastSilence(), "off");
      assert.equal(api.counts().shown, before.shown);
    } finally {
      await vscode.commands.executeCommand("sterna.toggle");
    }
    await typeUntilSuggestion(api);
  }).timeout(60_000);
});
