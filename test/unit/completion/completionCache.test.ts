import assert from "node:assert/strict";
import { CompletionCache } from "../../../engine/completion/completionCache.ts";
import type { TextChange } from "../../../engine/protocol/documents.ts";
import { contextAt } from "../support/marked.ts";

const URI = "file:///a.ts";

class Typing {
  readonly suggestions = new CompletionCache();
  #version = 1;
  text = "";
  cursor = 0;

  constructor(marked: string) {
    this.#set(marked);
  }

  get context() {
    return contextAt(`${this.text.slice(0, this.cursor)}^${this.text.slice(this.cursor)}`);
  }

  suggest(text: string): void {
    this.suggestions.add(URI, this.context, text, []);
  }

  /** What is found, best first. Text on the screen is in brackets, a silence's reason in angle brackets. */
  hit(): string[] {
    return this.suggestions.lookUp(URI, this.context).map((one) => {
      if (one.kind === "silence") return `<${one.reason}>`;
      const text = one.entry.text.slice(one.typed);
      return one.isOnScreen ? `[${text}]` : text;
    });
  }

  show(text: string): void {
    const source = this.suggestions.entryOf(URI, this.context, text);
    this.suggestions.show(URI, this.context, this.cursor, text, source);
  }

  /** Inserts text at the cursor, or removes this many characters before it. */
  type(what: string | number): void {
    const length = typeof what === "number" ? what : 0;
    const text = typeof what === "number" ? "" : what;
    this.edit({ offset: this.cursor - length, length, text });
  }

  edit(change: TextChange): void {
    const { offset, length, text } = change;
    this.text = this.text.slice(0, offset) + text + this.text.slice(offset + length);
    this.cursor = offset + text.length;
    const at = (place: number) => contextAt(`${this.text.slice(0, place)}^${this.text.slice(place)}`);
    const version = this.#version++;
    this.suggestions.edit({ uri: URI, baseVersion: version, version: version + 1, changes: [change] }, at);
  }

  #set(marked: string): void {
    this.text = marked.replace("^", "");
    this.cursor = marked.indexOf("^");
  }
}

describe("what is remembered of suggestions", () => {
  it("answers typing as suggested, backspacing inside it and coming back", () => {
    const typing = new Typing("let a = ^\n");
    typing.suggest("list.length;");
    typing.type("l");
    assert.deepEqual(typing.hit(), ["ist.length;"]);
    typing.type("i");
    typing.type(1);
    assert.deepEqual(typing.hit(), ["ist.length;"]);
    typing.type("o");
    assert.deepEqual(typing.hit(), []);
    typing.type(1);
    assert.deepEqual(typing.hit(), ["ist.length;"]);
  });

  it("holds only while what follows the cursor is the same, but for brackets that closed by themselves", () => {
    const typing = new Typing("let a = ^\nnext");
    typing.suggest("call(1);");
    typing.type("call(");
    typing.edit({ offset: typing.cursor, length: 0, text: ")" });
    typing.cursor--;
    assert.deepEqual(typing.hit(), ["1);"]);
    typing.edit({ offset: typing.text.length, length: 0, text: "!" });
    typing.cursor = "let a = call(".length;
    assert.deepEqual(typing.hit(), []);
  });

  it("prefers what is on the screen, then what was suggested last", () => {
    const typing = new Typing("a^");
    typing.suggest("bcd");
    typing.show("bcd");
    typing.type("b");
    typing.suggest("c_new");
    assert.deepEqual(typing.hit(), ["[cd]", "c_new"]);
    typing.suggestions.hide();
    assert.deepEqual(typing.hit(), ["c_new", "cd"]);
  });

  it("leaves on dismissal, and is not suggested there again", () => {
    const typing = new Typing("a^");
    typing.suggest("bcd");
    typing.show("bcd");
    typing.suggestions.dismiss(URI);
    assert.deepEqual(typing.hit(), []);
    assert.ok(typing.suggestions.isRefused(URI, typing.context, "bcd"));
    assert.ok(typing.suggestions.isRefused(URI, typing.context, "bcd and more"));
    assert.ok(!typing.suggestions.isRefused(URI, typing.context, "xyz"));
    typing.type("b");
    assert.ok(!typing.suggestions.isRefused(URI, typing.context, "cd"));
  });

  it("leaves when text is deleted past the place where it was asked for", () => {
    const typing = new Typing("let a = ^");
    typing.suggest("list;");
    typing.type(2);
    typing.type("=");
    typing.type(" ");
    assert.deepEqual(typing.hit(), []);
  });

  it("leaves when it is accepted and undone", () => {
    const typing = new Typing("let a = ^");
    typing.suggest("list;");
    typing.show("list;");
    typing.edit({ offset: 8, length: 0, text: "list;" });
    assert.ok(typing.suggestions.isAcceptedAt(URI, typing.context));
    typing.edit({ offset: 8, length: 5, text: "" });
    assert.deepEqual(typing.hit(), []);
    assert.ok(typing.suggestions.isRefused(URI, typing.context, "list;"));
  });

  it("goes on with its rest behind a word that was accepted", () => {
    const typing = new Typing("let a = ^");
    typing.suggest("list.length;");
    typing.show("list.length;");
    typing.type("list");
    assert.ok(typing.suggestions.isAcceptedAt(URI, typing.context));
    assert.deepEqual(typing.hit(), ["[.length;]"]);
  });

  it("knows where there was nothing to suggest, and only there", () => {
    const typing = new Typing("a^");
    typing.suggestions.addSilence(URI, typing.context, "repetitive");
    assert.deepEqual(typing.hit(), ["<repetitive>"]);
    typing.type("b");
    assert.deepEqual(typing.hit(), []);
  });

  it("is forgotten with its document, and with its model", () => {
    for (const forget of ["forget", "clear"] as const) {
      const typing = new Typing("a^");
      typing.suggest("bcd");
      typing.suggestions[forget](URI);
      assert.deepEqual(typing.hit(), []);
    }
  });

  it("is kept for a few documents", () => {
    const suggestions = new CompletionCache();
    const context = contextAt("a^");
    for (let file = 0; file < 20; file++) suggestions.add(`file:///${file}`, context, "b", []);
    const kept = Array.from({ length: 20 }, (_, file) => suggestions.lookUp(`file:///${file}`, context).length);
    assert.deepEqual([kept[0], kept[19]], [0, 1]);
  });

  it("is not wanted on the rest of the line where one was dismissed", () => {
    const typing = new Typing("a\nb^\nc");
    assert.ok(!typing.suggestions.isLineDismissed(URI, typing.context));
    typing.suggest("cd");
    typing.show("cd");
    typing.suggestions.dismiss(URI);
    assert.ok(typing.suggestions.isLineDismissed(URI, typing.context));
    typing.type("x y");
    assert.ok(typing.suggestions.isLineDismissed(URI, typing.context));
    assert.ok(!typing.suggestions.isLineDismissed("file:///b.ts", typing.context));
    typing.suggest("cd");
    typing.show("cd");
    typing.suggestions.dismiss(URI);
    typing.type("\n");
    assert.ok(!typing.suggestions.isLineDismissed(URI, typing.context));
  });
});
