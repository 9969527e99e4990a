/** Which keys next edits take, and when they leave them to others. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../root.ts";
import { type Context, isTrue } from "../support/whenClause.ts";

interface Keybinding {
  command: string;
  key: string;
  when: string;
}

const manifest: { contributes: { keybindings: Keybinding[] } } = JSON.parse(
  readFileSync(path.join(root, "package.json"), "utf8"),
);

/** The command of next edits that a key runs; undefined where the key is left to others. */
function commandOf(key: string, context: Context): string | undefined {
  const taken = manifest.contributes.keybindings.filter(
    (binding) => /NextEdit/.test(binding.command) && binding.key === key && isTrue(binding.when, context),
  );
  assert.ok(taken.length <= 1, `${key} runs ${taken.map(({ command }) => command).join(" and ")}`);
  return taken[0]?.command.replace("sterna.", "");
}

const TYPING: Context = { editorTextFocus: true };
const GO = "goToNextEdit";
const MAKE = "acceptNextEdit";
const HIDE = "dismissNextEdit";

describe("the keys of next edits", () => {
  const table: [
    name: string,
    context: Context,
    elsewhere: string | undefined,
    here: string | undefined,
    hide: string | undefined,
  ][] = [
    ["while typing", {}, GO, MAKE, HIDE],
    ["ghost text is visible", { inlineSuggestionVisible: true }, undefined, undefined, undefined],
    ["an inline edit of another extension is visible", { inlineEditIsVisible: true }, undefined, undefined, undefined],
    ["the list is open", { suggestWidgetVisible: true }, undefined, undefined, undefined],
    ["in a snippet", { inSnippetMode: true }, undefined, undefined, undefined],
    ["a snippet's prefix is typed", { hasSnippetCompletions: true }, undefined, undefined, HIDE],
    ["several cursors", { editorHasMultipleSelections: true }, undefined, undefined, undefined],
    ["a selection", { editorHasSelection: true }, undefined, undefined, undefined],
    ["a document that may not be edited", { editorReadonly: true }, undefined, undefined, HIDE],
    ["Tab moves the focus", { editorTabMovesFocus: true }, undefined, undefined, HIDE],
    ["outside the editor's text", { editorTextFocus: false }, undefined, undefined, undefined],
    ["Vim, inserting", { "vim.active": true, "vim.mode": "Insert" }, GO, MAKE, undefined],
    ["Vim, normal mode", { "vim.active": true, "vim.mode": "Normal" }, undefined, undefined, undefined],
    ["Neovim, inserting", { "neovim.init": true, "neovim.mode": "insert" }, GO, MAKE, undefined],
    ["Neovim, normal mode", { "neovim.init": true, "neovim.mode": "normal" }, undefined, undefined, undefined],
    ["the search's box is open", { findWidgetVisible: true }, GO, MAKE, undefined],
    ["the hints of parameters are open", { parameterHintsVisible: true }, GO, MAKE, undefined],
    ["the name's box is open", { renameInputVisible: true }, GO, MAKE, undefined],
  ];
  for (const [name, context, elsewhere, here, hide] of table) {
    it(name, () => {
      const at = (state: string) => ({ ...TYPING, ...context, "sterna.nextEdit": state });
      assert.equal(commandOf("tab", at("elsewhere")), elsewhere);
      assert.equal(commandOf("tab", at("here")), here);
      assert.equal(commandOf("escape", at("elsewhere")), hide);
      assert.equal(commandOf("escape", at("here")), hide);
    });
  }

  it("are left alone while there is no next edit", () => {
    for (const key of ["tab", "escape"]) {
      assert.equal(commandOf(key, TYPING), undefined);
      assert.equal(commandOf(key, { ...TYPING, "sterna.nextEdit": "none" }), undefined);
    }
  });

  it("no other key is taken", () => {
    const keys = manifest.contributes.keybindings.filter(({ command }) => /NextEdit/.test(command));
    assert.deepEqual([...new Set(keys.map(({ key }) => key))].sort(), ["escape", "tab"]);
  });
});
