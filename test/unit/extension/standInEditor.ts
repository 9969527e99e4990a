/** A stand-in for VS Code with one editor, and the provider of inline completions in it. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { CancellationTokenSource } from "vscode-jsonrpc";
import type { CompleteParams, CompleteResult } from "../../../engine/protocol/completion.ts";
import type { CursorPosition } from "../../../engine/protocol/documents.ts";
import { turn } from "../support/until.ts";
import { bundleOf } from "./bundle.ts";

export const [INVOKE, AUTOMATIC] = [0, 1];

export class Position {
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

export class Range {
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
  answerIsLate(place: CursorPosition): void;
  dismissed(): void;
  provideInlineCompletionItems(...of: unknown[]): Promise<InlineCompletionItem[]>;
}

/** A promise that a test settles. */
interface Open<Of, T> {
  of: Of;
  resolve(value: T): void;
}

/** The place of a request. */
export function place(asked: Open<CompleteParams, CompleteResult> | undefined): CursorPosition {
  assert.ok(asked);
  const { uri, version, offset } = asked.of;
  return { uri, version, offset };
}

const ZERO = { queueMs: 0, prefillMs: 0, decodeMs: 0, promptTokens: 0, cachedTokens: 0, prefilledTokens: 0 };
const TIMINGS = { ...ZERO, totalMs: 1, debounceMs: 0, decodedTokens: 0 };
export const HELD: CompleteResult = { kind: "silent", reason: "list-first" };
export const shown = (text: string, opensList?: { from: number; to: number }): CompleteResult => ({
  kind: "shown",
  source: "model",
  text,
  replaceLength: 0,
  timings: TIMINGS,
  ...(opensList && { opensList }),
});

export const typedThrough = (text: string) => ({ ...shown(text), source: "typed-through" }) as CompleteResult;

/** @param code the bundled provider. */
function providerWith(code: string) {
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

/** Bundles the provider before the tests of a suite. @returns makes one in an editor of its own. */
export function bundledProvider(): () => ReturnType<typeof providerWith> {
  let code = "";
  before(async function () {
    this.timeout(60_000);
    code = await bundleOf("extension/inline/inlineProvider.ts");
  });
  return () => providerWith(code);
}
