/** What is asked at the key itself, and when the editor's list opens because of that. */
import assert from "node:assert/strict";
import type { CompleteResult } from "../../../engine/protocol/completion.ts";
import { turn } from "../support/until.ts";
import { AUTOMATIC, bundledProvider, INVOKE, place, shown, typedThrough } from "./standInEditor.ts";

describe("the provider of inline completions asks the engine at the key, before VS Code does", () => {
  const setup = bundledProvider();
  const nothing: CompleteResult = { kind: "silent", reason: "unsure", opensList: true };

  it("and opens the list when there is nothing to suggest, once in a word", async () => {
    const { type, answer, asked, lists } = setup();
    await type("t");
    assert.deepEqual([asked[0]?.of.offset, asked[0]?.of.trigger], [1, "automatic"]);
    assert.deepEqual(lists, []);
    await answer(0, nothing);
    assert.deepEqual(lists, [{ auto: true }]);
    await type("e");
    await answer(1, nothing);
    assert.equal(lists.length, 1, "it is open, or on its way");
  });
  it("and gives the answer to VS Code when it asks, without a second request", async () => {
    const { type, ask, answer, asked, reported, lists } = setup();
    await type("t");
    await answer(0, shown("extures"));
    const { items } = await ask(AUTOMATIC);
    assert.deepEqual(await items, ["extures"]);
    assert.deepEqual([asked.length, reported, lists.length], [1, ["extures"], 0]);
  });
  it("lets VS Code open the list at once when it is waiting for an answer that will be late", async () => {
    const { type, ask, asked, lists, provider } = setup();
    await type("t");
    const { items } = await ask(AUTOMATIC);
    let isAnswered = false;
    void items.then(() => (isAnswered = true));
    await turn();
    assert.ok(!isAnswered);
    provider.answerIsLate(place(asked[0]));
    await turn();
    assert.ok(isAnswered);
    assert.deepEqual([await items, lists], [[], []]);
  });
  it("but opens no list for an answer that comes after the next key", async () => {
    const { type, answer, lists } = setup();
    await type("t");
    await type("e");
    await answer(0, nothing);
    assert.deepEqual(lists, []);
  });
  it("and opens the list at once when the answer will be late, but only once, and shows it when it comes", async () => {
    const { type, ask, answer, asked, lists, provider, triggers } = setup();
    await type("t");
    provider.answerIsLate(place(asked[0]));
    assert.deepEqual(lists, [{ auto: true }]);
    const { items } = await ask(AUTOMATIC);
    assert.deepEqual(await items, [], "the list does not wait");
    await answer(0, shown("extures"));
    assert.deepEqual(await (await ask(INVOKE)).items, ["extures"]);
    assert.deepEqual([asked.length, triggers.length, lists.length], [1, 1, 1]);
    await type("e");
    provider.answerIsLate(place(asked[1]));
    assert.equal(lists.length, 1, "it is open, or on its way");
  });
  it("but not for an answer to an earlier key", async () => {
    const { type, asked, lists, provider } = setup();
    await type("t");
    await type("e");
    provider.answerIsLate(place(asked[0]));
    assert.deepEqual(lists, []);
  });
  it("nor where the list does not wait for it", async () => {
    const { type, answer, lists } = setup();
    await type("t");
    await answer(0, { kind: "silent", reason: "unsure" });
    assert.deepEqual(lists, []);
  });
  it("and counts a suggestion as shown when a later key shows the rest of it", async () => {
    const { type, press, answer, sources } = setup();
    await type("t");
    await answer(0, shown("extures"));
    await press("e");
    await answer(1, typedThrough("xtures"));
    assert.deepEqual(sources, ["cache"]);
  });
  it("but not behind a mark, at a number, with several cursors, or where the list never waits", async () => {
    const { type, asked, settings, editor } = setup();
    for (const key of [".", " ", "7", "abc", "\n"]) await type(key);
    assert.equal(asked.length, 0);
    editor.cursors = 2;
    await type("t");
    editor.cursors = 1;
    settings.change("on");
    await type("e");
    assert.equal(asked.length, 0);
    settings.change("offWhenInlineCompletions");
    await type("x");
    assert.equal(asked.length, 1);
  });
});
