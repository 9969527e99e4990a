/** What the engine has of documents while the rules for reading change. VS Code's API is a stand-in with a few documents. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type { DocumentMirror } from "../../../extension/repository/documentMirror.ts";
import { bundleOf } from "./bundle.ts";

type Answer = "ignored" | "unknown" | undefined;
type Listener = (event: never) => void;

class FakeDocument {
  readonly uri: { path: string; scheme: string; toString(): string };
  readonly languageId = "typescript";
  readonly eol = 1;
  readonly lineCount = 1;
  version = 1;
  isClosed = false;
  isDirty = true;
  text: string;

  constructor(path: string, text: string) {
    this.uri = { path, scheme: "file", toString: () => `file://${path}` };
    this.text = text;
  }

  getText() {
    return this.text;
  }
  lineAt() {
    return { range: { end: 0 } };
  }
  offsetAt() {
    return this.text.length;
  }
}

/** Listeners of one event. */
class Event {
  readonly listeners: Listener[] = [];
  readonly on = (listener: Listener) => {
    this.listeners.push(listener);
    return { dispose() {} };
  };
  fire(event?: unknown) {
    for (const listener of this.listeners) listener(event as never);
  }
}

describe("the documents that the engine has", () => {
  let code = "";
  before(async function () {
    this.timeout(60_000);
    code = await bundleOf("extension/repository/documentMirror.ts");
  });

  function setup() {
    const [changed, typed, closed, saved] = [new Event(), new Event(), new Event(), new Event()];
    const vscode = {
      workspace: {
        onDidSaveTextDocument: saved.on,
        onDidChangeTextDocument: typed.on,
        onDidCloseTextDocument: closed.on,
        workspaceFolders: undefined,
        getWorkspaceFolder: () => undefined,
      },
    };
    const require = createRequire(import.meta.url);
    const module = { exports: {} as { DocumentMirror: new (...args: unknown[]) => DocumentMirror } };
    new Function("require", "module", "exports", code)(
      (name: string) => (name === "vscode" ? vscode : require(name)),
      module,
      module.exports,
    );
    /** What is known of each path without looking, and what looking finds. */
    const known = new Map<string, Answer>();
    const judged = new Map<string, Answer>();
    const looks: (() => void)[] = [];
    const access = {
      onDidChange: changed.on,
      known: ({ uri }: FakeDocument) => known.get(uri.path),
      check: async ({ uri }: FakeDocument) => {
        await new Promise<void>((resolve) => looks.push(resolve));
        known.set(uri.path, judged.get(uri.path));
        return judged.get(uri.path);
      },
      isIgnored: () => false,
    };
    const held = new Map<string, string>();
    const messages: string[] = [];
    const changes: unknown[] = [];
    const notify = ({ method }: { method: string }, params?: { uri: string; text?: string }) => {
      messages.push(method);
      if (method === "document/change") changes.push(params);
      if (method === "document/open") held.set(params?.uri ?? "", params?.text ?? "");
      if (method === "document/close") held.delete(params?.uri ?? "");
    };
    const mirror = new module.exports.DocumentMirror({ notify }, access);
    const look = async () => {
      for (let round = 0; round < 10; round++) {
        for (const resolve of looks.splice(0)) resolve();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    return { mirror, known, judged, held, messages, changes, changed, typed, look };
  }

  const opened = async (mirror: DocumentMirror, ...documents: FakeDocument[]) => {
    for (const document of documents) assert.equal(await mirror.ensureOpen(document as never), undefined);
  };

  it("are none in doubt from the moment that a rule changes, and those again that were judged anew", async () => {
    const { mirror, known, judged, held, messages, changed, look } = setup();
    const [kept, secret, other] = ["/w/kept.ts", "/w/secret.ts", "/x/other.ts"].map(
      (path) => new FakeDocument(path, path),
    );
    await opened(mirror, kept as FakeDocument, secret as FakeDocument, other as FakeDocument);
    known.set("/w/kept.ts", "unknown");
    known.set("/w/secret.ts", "unknown");
    judged.set("/w/secret.ts", "ignored");
    messages.length = 0;
    changed.fire();
    assert.deepEqual([...held.keys()], ["file:///x/other.ts"]);
    assert.equal(messages[0], "repository/rulesChanged");
    await look();
    assert.deepEqual([...held.keys()].sort(), ["file:///w/kept.ts", "file:///x/other.ts"]);
  });

  it("have nothing of a text read again from the disk until it is known whose it is", async () => {
    const { mirror, known, judged, held, typed, look } = setup();
    const document = new FakeDocument("/w/a.ts", "one");
    await opened(mirror, document);
    // The file was replaced by a link to one that may not be read.
    known.set("/w/a.ts", "unknown");
    judged.set("/w/a.ts", "ignored");
    document.version = 2;
    document.text = "secret";
    typed.fire({ document, contentChanges: [{ rangeOffset: 0, rangeLength: 3, text: "secret" }] });
    assert.equal(held.size, 0);
    await look();
    assert.equal(held.size, 0);
  });

  it("lack one that was closed while it was judged", async () => {
    const { mirror, known, held, changed, look } = setup();
    const document = new FakeDocument("/w/a.ts", "one");
    await opened(mirror, document);
    known.set("/w/a.ts", "unknown");
    changed.fire();
    document.isClosed = true;
    await look();
    assert.equal(held.size, 0);
  });

  it("have every edit that was made while they were judged", async () => {
    const { mirror, known, held, messages, changes, typed, look } = setup();
    const document = new FakeDocument("/w/a.ts", "one");
    known.set("/w/a.ts", "unknown");
    const opening = [mirror.ensureOpen(document as never), mirror.ensureOpen(document as never)];
    for (const key of ["a", "b"]) {
      const change = { rangeOffset: document.text.length, rangeLength: 0, text: key };
      document.version++;
      document.text += key;
      typed.fire({ document, contentChanges: [change] });
    }
    assert.deepEqual(messages, []);
    await look();
    assert.deepEqual(await Promise.all(opening), [undefined, undefined]);
    assert.deepEqual([...held.values()], ["one"]);
    const uri = "file:///w/a.ts";
    assert.deepEqual(changes, [
      { uri, baseVersion: 1, version: 2, changes: [{ offset: 3, length: 0, text: "a" }] },
      { uri, baseVersion: 2, version: 3, changes: [{ offset: 4, length: 0, text: "b" }] },
    ]);
    assert.equal(messages.length, 3);
  });

  it("have nothing of what was typed while one was judged that may not be read", async () => {
    const { mirror, known, judged, held, messages, typed, look } = setup();
    const document = new FakeDocument("/w/a.ts", "one");
    known.set("/w/a.ts", "unknown");
    judged.set("/w/a.ts", "ignored");
    const opening = mirror.ensureOpen(document as never);
    document.version = 2;
    document.text = "two";
    typed.fire({ document, contentChanges: [{ rangeOffset: 0, rangeLength: 3, text: "two" }] });
    await look();
    assert.equal(await opening, "ignored");
    assert.deepEqual(messages, []);
    // Once it may be read, only its present text counts.
    known.set("/w/a.ts", undefined);
    await opened(mirror, document);
    assert.deepEqual([messages, [...held.values()]], [["document/open"], ["two"]]);
  });
});
