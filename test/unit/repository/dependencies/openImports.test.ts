/** When the packages that open documents import are looked for again. */
import assert from "node:assert/strict";
import { OpenImports } from "../../../../engine/repository/dependencies/openImports.ts";
import type { MirroredDocument } from "../../../../engine/repository/openDocuments.ts";

function setup() {
  const documents: MirroredDocument[] = [];
  const calls: string[] = [];
  const state: { exclude: string[] | undefined } = { exclude: [] };
  let quiet: (() => void) | undefined;
  const imports = new OpenImports({
    dependencies: {
      use: async ({ path, workspace }, exclude) => {
        calls.push(`use ${path} in ${workspace} without [${exclude}]`);
      },
      close: async (path) => {
        calls.push(`close ${path}`);
      },
      forget: () => {
        calls.push("forget");
      },
    },
    documents: () => documents,
    folders: () => ["/w"],
    exclude: () => state.exclude,
    pathOf: (uri) => (uri.startsWith("file://") ? uri.slice("file://".length) : undefined),
    whenQuiet: (run) => {
      quiet = run;
    },
    log: (line) => calls.push(line),
  });
  const open = (uri: string, text: string, isPrivate = false) => {
    const at = documents.findIndex((document) => document.uri === uri);
    const document = { uri, path: "", languageId: "typescript", version: 1, text, isPrivate };
    documents.splice(at === -1 ? documents.length : at, at === -1 ? 0 : 1, document);
    imports.changed();
  };
  /** Nobody types any more. @returns what was asked for. */
  const rest = async () => {
    quiet?.();
    quiet = undefined;
    await imports.settled();
    return calls.splice(0);
  };
  return { imports, documents, state, open, rest };
}

describe("the imports of open documents", () => {
  it("are looked at when typing has stopped, and again only when they are others", async () => {
    const { open, rest } = setup();
    open("file:///w/a.ts", 'import a from "one";\n');
    assert.deepEqual(await rest(), ["use /w/a.ts in /w without []"]);
    open("file:///w/a.ts", 'import a from "one";\nconst b = 1;\n');
    assert.deepEqual(await rest(), []);
    open("file:///w/a.ts", 'import a from "two";\n');
    assert.deepEqual(await rest(), ["use /w/a.ts in /w without []"]);
  });

  it("are not looked for again in documents that did not change", async () => {
    const { documents, open, rest } = setup();
    let looks = 0;
    documents.push({
      uri: "file:///w/big.ts",
      path: "",
      version: 1,
      languageId: "typescript",
      isPrivate: false,
      get text() {
        looks++;
        return 'import a from "one";\n';
      },
    });
    open("file:///w/a.ts", "const a = 1;\n");
    await rest();
    assert.equal(looks, 1);
    open("file:///w/a.ts", "const a = 2;\n");
    assert.deepEqual(await rest(), []);
    assert.equal(looks, 1);
  });

  it("are dropped when their document is closed or has become private", async () => {
    const { open, rest, documents, imports } = setup();
    open("file:///w/a.ts", 'import a from "one";\n');
    open("file:///w/b.ts", 'import a from "one";\n');
    await rest();
    documents.shift();
    imports.changed();
    assert.deepEqual(await rest(), ["close /w/a.ts"]);
    open("file:///w/b.ts", 'import a from "one";\n', true);
    assert.deepEqual(await rest(), ["close /w/b.ts"]);
  });

  it("are none of a private document, of one outside of the opened folders, and of one that is no file", async () => {
    const { open, rest } = setup();
    open("file:///w/p.ts", 'import a from "one";\n', true);
    open("file:///elsewhere/a.ts", 'import a from "one";\n');
    open("untitled:Untitled-1", 'import a from "one";\n');
    assert.deepEqual(await rest(), []);
  });

  it("are not looked at where no package is read, and all again after the index was replaced", async () => {
    const { open, rest, state, imports } = setup();
    state.exclude = undefined;
    open("file:///w/a.ts", 'import a from "one";\n');
    assert.deepEqual(await rest(), []);
    state.exclude = ["**/.env"];
    imports.forget();
    assert.deepEqual(await rest(), ["forget", "use /w/a.ts in /w without [**/.env]"]);
    imports.forget();
    assert.deepEqual(await rest(), ["forget", "use /w/a.ts in /w without [**/.env]"]);
  });
});
