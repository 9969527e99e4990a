/** What the editor is given at a key, and when the engine is asked again. */
import assert from "node:assert/strict";
import { turn } from "../support/until.ts";
import { AUTOMATIC, bundledProvider, HELD, INVOKE, Position, Range, shown, typedThrough } from "./standInEditor.ts";

describe("the provider of inline completions", () => {
  const setup = bundledProvider();

  it("asks again for what gave way to the editor's list, and has the editor show it", async () => {
    const { ask, press, answer, asked, triggers, reported } = setup();
    const { items } = await press("tex");
    await answer(0, HELD);
    assert.deepEqual(await items, []);
    assert.deepEqual(asked[1]?.of, { ...asked[0]?.of, isAfterList: true });
    await answer(1, shown("tures"));
    assert.deepEqual(
      triggers.map(({ of }) => of),
      ["editor.action.inlineSuggest.trigger"],
    );
    const later = await ask(INVOKE);
    assert.deepEqual(await later.items, ["tures"]);
    assert.equal(asked.length, 2);
    assert.deepEqual(reported, ["list-first", "tures"]);
  });

  it("counts a suggestion that came too late as shown when it is shown at a later key, and only then", async () => {
    const { press, answer, reported, sources, settings } = setup();
    const { items } = await press("te");
    assert.deepEqual(await items, [], "the list waits no longer");
    // From here on nothing is late, however busy the machine is.
    settings.change("on");
    await press("x");
    await answer(0, shown("xtures"));
    await answer(1, typedThrough("tures"));
    await press("t");
    await answer(2, typedThrough("ures"));
    assert.deepEqual(reported, ["cancelled", "tures", "ures"]);
    assert.deepEqual(sources, ["cache", "typed-through"]);
  });

  it("does not ask again at a place where the user has typed on", async () => {
    const { press, answer, asked } = setup();
    await press("te");
    await press("x");
    await answer(0, HELD);
    await answer(1, HELD);
    assert.deepEqual(
      asked.map(({ of: { offset, isAfterList = false } }) => [offset, isAfterList]),
      [
        [2, false],
        [3, false],
        [3, true],
      ],
    );
  });

  it("does not take what asks for a late answer for a request of the user, also when an earlier one is still asked for", async () => {
    const { ask, press, answer, asked, triggers } = setup();
    await press("te");
    await answer(0, HELD);
    await answer(1, shown("xtures"));
    await press("x");
    await answer(2, HELD);
    await answer(3, shown("tures"));
    assert.equal(triggers.length, 2);
    triggers[0]?.resolve();
    await turn();
    const range = new Range(new Position(0), new Position(3));
    await ask(INVOKE, { range, text: "textures" });
    assert.equal(asked.at(-1)?.of.trigger, "automatic");
    triggers[1]?.resolve();
    await turn();
    await ask(INVOKE);
    assert.equal(asked.at(-1)?.of.trigger, "manual", "afterwards it is the user who asks");
  });

  it("reads where the list waits once, and again when a setting or the document's language has changed", async () => {
    const { press, asked, document, settings } = setup();
    const waits = async () => {
      await press("x");
      return [asked.at(-1)?.of.listWaitsIn?.length ?? 0, settings.reads];
    };
    assert.deepEqual(await waits(), [3, 1]);
    assert.deepEqual(await waits(), [3, 1]);
    settings.change("on");
    assert.deepEqual(await waits(), [0, 2]);
    document.languageId = "python";
    assert.deepEqual(await waits(), [0, 3]);
    assert.deepEqual(await waits(), [0, 3]);
  });

  describe("opens VS Code's list, as VS Code does by itself, beside the end of a word", () => {
    /** With "oducts" on the screen, of which one letter is too much. */
    async function typing() {
      const world = setup();
      await world.press("pr");
      await world.answer(0, shown("oducts", { from: 1, to: 5 }));
      return world;
    }

    it("at the key, before VS Code asks for suggestions", async () => {
      const { press, lists } = await typing();
      assert.deepEqual(lists, []);
      void press("o");
      assert.deepEqual(lists, [{ auto: true }]);
    });
    it("but not where it was dismissed", async () => {
      const { press, lists, provider } = await typing();
      provider.dismissed();
      await press("o");
      assert.deepEqual(lists, []);
    });
    it("nor where the user wants no list beside ghost text", async () => {
      const { press, lists, settings } = await typing();
      settings.suppressSuggestions = true;
      await press("o");
      assert.deepEqual(lists, []);
    });
    it("nor where the suggestion went away", async () => {
      const { ask, press, answer, lists } = await typing();
      await ask(AUTOMATIC);
      await answer(1, { kind: "silent", reason: "unsure" });
      await press("o");
      assert.deepEqual(lists, []);
    });
    it("nor in an editor that is not the active one", async () => {
      const { press, lists, vscode } = await typing();
      vscode.window.activeTextEditor = {
        ...vscode.window.activeTextEditor,
        document: { ...vscode.window.activeTextEditor.document },
      };
      await press("o");
      assert.deepEqual(lists, []);
    });
  });
});
