import assert from "node:assert/strict";
import { ChunkRing, textAround } from "../../../engine/completion/chunkRing.ts";
import { WorkContext } from "../../../engine/completion/workContext.ts";
import { Documents } from "../../../engine/repository/openDocuments.ts";
import { contextAt } from "../support/marked.ts";

const chunk = (uri: string, text: string, languageId = "typescript") => ({ uri, path: uri, languageId, text });
const PLACE = contextAt("const here = 1;\n^\nconst there = 2;\n");

describe("the ring of pieces of other files", () => {
  const texts = (ring: ChunkRing, uri = "here.ts") => ring.chunksFor(uri, PLACE).map(({ text }) => text);

  it("gives those of other files of the language, the newest last", () => {
    const ring = new ChunkRing();
    ring.add(chunk("a.ts", "one();"));
    ring.add(chunk("here.ts", "two();"));
    ring.add(chunk("b.py", "three()", "python"));
    ring.add(chunk("c.ts", "four();"));
    assert.deepEqual(texts(ring), ["one();", "four();"]);
  });

  it("keeps the newest version of a piece, and no more than it holds", () => {
    const ring = new ChunkRing();
    ring.add(chunk("a.ts", "one();\ntwo();\nthree();\nfour();"));
    ring.add(chunk("b.ts", "other();"));
    ring.add(chunk("a.ts", "one();\ntwo();\nthree();\nfour();\nfive();"));
    assert.deepEqual(texts(ring), ["other();", "one();\ntwo();\nthree();\nfour();\nfive();"]);
    for (let index = 0; index < 40; index++) ring.add(chunk(`${index}.ts`, `call${index}();`));
    assert.equal(texts(ring).length, 16);
    assert.equal(texts(ring).at(-1), "call39();");
  });

  it("drops what the text at the cursor says already, and what says nothing", () => {
    const ring = new ChunkRing();
    ring.add(chunk("a.ts", "const here = 1;\nconst there = 2;\nconst more = 3;"));
    ring.add(chunk("b.ts", "const here = 1;\nother();\nanother();"));
    ring.add(chunk("c.ts", "}\n\n"));
    assert.deepEqual(texts(ring), ["const here = 1;\nother();\nanother();"]);
  });

  it("takes the lines around a place, without those that are data", () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
    lines[52] = "x".repeat(500);
    const text = lines.join("\r\n");
    const around = textAround(text, text.indexOf("line 50")).split("\n");
    assert.ok(around.includes("line 50") && around.includes("line 35") && around.includes("line 65"));
    assert.ok(!around.includes("line 30") && !around.includes("line 70") && around.every((line) => line.length < 100));
    assert.equal(textAround("short", 2), "short");
  });
});

describe("what was looked at, typed and saved in other files", () => {
  const setup = () => {
    const documents = new Documents();
    const work = new WorkContext(documents);
    const open = (uri: string, text: string, isPrivate = false) =>
      documents.open({ uri, path: uri, languageId: "typescript", version: 1, text, isPrivate });
    const chunkUris = () => work.chunksFor("here.ts", PLACE).map(({ uri }) => uri);
    return { documents, work, open, chunkUris };
  };
  const edit = (uri: string, offset: number) => ({
    uri,
    baseVersion: 1,
    version: 1,
    changes: [{ offset, length: 0, text: "x" }],
  });

  it("is remembered when one looks there, leaves, or saves", () => {
    const { work, open, chunkUris } = setup();
    open("a.ts", "visited();");
    open("b.ts", "edited();");
    open("c.ts", "saved();");
    work.visit({ uri: "a.ts", version: 1, offset: 0 });
    assert.deepEqual(chunkUris(), ["a.ts"]);
    work.edit(edit("b.ts", 3));
    assert.deepEqual(chunkUris(), ["a.ts"]);
    work.edit(edit("c.ts", 3));
    assert.deepEqual(chunkUris(), ["a.ts", "b.ts"]);
    work.settle("b.ts");
    work.settle("c.ts");
    assert.deepEqual(chunkUris(), ["a.ts", "b.ts", "c.ts"]);
  });

  it("holds definitions, and nothing of private files", () => {
    const { work, open, chunkUris } = setup();
    open("env.ts", "secret();", true);
    work.visit({ uri: "env.ts", version: 1, offset: 0 });
    work.edit(edit("env.ts", 0));
    work.settle();
    assert.deepEqual(chunkUris(), []);
    work.addDefinitions({
      uri: "here.ts",
      languageId: "typescript",
      chunks: [{ uri: "d.ts", path: "d.ts", text: "define();" }],
    });
    assert.deepEqual(chunkUris(), ["d.ts"]);
    open("d.ts", "define();", true);
    assert.deepEqual(chunkUris(), []);
  });
});
