/** What the editor is given at a key, and when the engine is asked again. VS Code's API is a stand-in with one editor. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { CancellationTokenSource } from "vscode-jsonrpc";
import type { CompleteParams, CompleteResult } from "../../../engine/protocol/completion.ts";
import { turn } from "../support/until.ts";
import { bundleOf } from "./bundle.ts";

const [INVOKE, AUTOMATIC] = [0, 1];

class Position {
  readonly character: number;
  constructor(character: number) {
    this.character = character;
  }
  isEqual(other: Position): boolean {
    return other.character === this.character;
  }
  translate(_lines: number, characters: number): Position {
    return new Position(this.character + characters);
  }
}

class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(start: Position, end: Position) {
    this.start = start;
    this.end = end;
  }
}

class InlineCompletionItem {
  readonly insertText: string;
  constructor(insertText: string) {
    this.insertText = insertText;
  }
}

interface Provider {
  dismissed(): void;
  provideInlineCompletionItems(...of: unknown[]): Promise<InlineCompletionItem[]>;
}

/** A promise that a test settles. */
interface Open<Of, T> {
  of: Of;
  resolve(value: T): void;
}

const ZERO = { queueMs: 0, prefillMs: 0, decodeMs: 0, promptTokens: 0, cachedTokens: 0, prefilledTokens: 0 };
const TIMINGS = { ...ZERO, totalMs: 1, debounceMs: 0, decodedTokens: 0 };
const HELD: CompleteResult = { kind: "silent", reason: "list-first" };
const shown = (text: string, opensList?: { from: number; to: number }): CompleteResult => ({
  kind: "shown",
  source: "model",
  text,
  replaceLength: 0,
  timings: TIMINGS,
  ...(opensList && { opensList }),
});

const typedThrough = (text: string) => ({ ...shown(text), source: "typed-through" }) as CompleteResult;

describe("the provider of inline completions", () => {
  let code = "";
  before(async function () {
    this.timeout(60_000);
    code = await bundleOf("extension/inline/inlineProvider.ts");
  });

  function setup() {
    let text = "";
    const document = {
      uri: { scheme: "untitled", toString: () => "untitled:a" },
      languageId: "typescript",
      version: 1,
      getText: ({ start, end }: Range) => text.slice(start.character, end.character),
      offsetAt: ({ character }: Position) => character,
      positionAt: (offset: number) => new Position(offset),
      getWordRangeAtPosition: ({ character }: Position) => {
        const { length } = /[A-Za-z0-9_$]*$/.exec(text.slice(0, character))?.[0] ?? "";
        return length > 0 ? new Range(new Position(character - length), new Position(character)) : undefined;
      },
    };
    const active = () => new Position(text.length);
    const editor = {
      document,
      options: {},
      cursors: 1,
      get selections() {
        return new Array(this.cursors).fill(this.selection);
      },
      get selection() {
        return { isEmpty: true, active: active() };
      },
    };
    /** How often the editor was told to ask for suggestions, until each has done so. */
    const triggers: Open<string, void>[] = [];
    const asked: Open<CompleteParams, CompleteResult>[] = [];
    /** `editor.quickSuggestions`, and how often it was read. */
    const settings = {
      value: "offWhenInlineCompletions",
      suppressSuggestions: false,
      reads: 0,
      change: (_value: string): void => assert.fail(),
    };
    let changed = (_event: unknown): void => assert.fail();
    const lists: unknown[] = [];
    const vscode = {
      InlineCompletionTriggerKind: { Invoke: INVOKE, Automatic: AUTOMATIC },
      CancellationTokenSource,
      InlineCompletionItem,
      Range,
      workspace: {
        getConfiguration: () => ({
          get(name: string) {
            if (name === "inlineSuggest.suppressSuggestions") return settings.suppressSuggestions;
            if (name !== "quickSuggestions") return undefined;
            settings.reads++;
            return settings.value;
          },
        }),
        onDidChangeTextDocument(listener: typeof changed) {
          changed = listener;
          return { dispose() {} };
        },
        onDidChangeConfiguration(listener: () => void) {
          settings.change = (value: string) => {
            settings.value = value;
            listener();
          };
          return { dispose() {} };
        },
      },
      window: { activeTextEditor: editor },
      commands: {
        executeCommand(of: string, options?: unknown) {
          if (of === "editor.action.triggerSuggest") return Promise.resolve(lists.push(options));
          return new Promise<void>((resolve) => triggers.push({ of, resolve }));
        },
      },
    };
    const module = { exports: {} as { InlineProvider: new (deps: unknown) => Provider } };
    const require = createRequire(import.meta.url);
    new Function("require", "module", "exports", code)(
      (name: string) => (name === "vscode" ? vscode : require(name)),
      module,
      module.exports,
    );
    const reported: string[] = [];
    const sources: string[] = [];
    const provider = new module.exports.InlineProvider({
      engine: {
        complete: (of: CompleteParams) => new Promise<CompleteResult>((resolve) => asked.push({ of, resolve })),
      },
      documents: { ensureOpen: async () => undefined },
      config: { current: { enabled: true, languages: {} } },
      onResult(result: CompleteResult) {
        reported.push(result.kind === "silent" ? result.reason : result.text);
        if (result.kind === "shown") sources.push(result.source);
      },
      onSilence: () => {},
    });
    let last = new CancellationTokenSource();
    /** The editor asks at the cursor, and gives up what it asked for before. */
    const ask = async (triggerKind: number, item?: unknown) => {
      last.cancel();
      last = new CancellationTokenSource();
      const context = { triggerKind, selectedCompletionInfo: item };
      const items = provider.provideInlineCompletionItems(document, active(), context, last.token);
      await turn();
      return { items: items.then((all) => all.map(({ insertText }) => insertText)) };
    };
    /** The document changes; VS Code has not asked yet. */
    const type = async (key: string) => {
      const contentChanges = [{ rangeOffset: text.length, rangeLength: 0, text: key }];
      text += key;
      document.version++;
      changed({ document, contentChanges });
      await turn();
    };
    const press = async (key: string) => {
      await type(key);
      return ask(AUTOMATIC);
    };
    const answer = async (index: number, result: CompleteResult) => {
      asked[index]?.resolve(result);
      await turn();
    };
    return {
      ask,
      type,
      press,
      answer,
      asked,
      triggers,
      reported,
      sources,
      document,
      settings,
      lists,
      provider,
      vscode,
      editor,
    };
  }

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

  describe("asks the engine at the key, before VS Code does", () => {
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
    it("but opens no list for an answer that comes after the next key", async () => {
      const { type, answer, lists } = setup();
      await type("t");
      await type("e");
      await answer(0, nothing);
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
});
